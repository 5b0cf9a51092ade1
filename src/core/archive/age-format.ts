/*
 * Sizes of age's files, by its specification (age-encryption.org/v1): a text header that ends with the line `--- <MAC>`, a nonce of 16
 * bytes, then pieces of 64 KiB with a tag of 16 bytes each; an empty plaintext is one empty piece.
 */
const PIECE_BYTES = 65_536;
const NONCE_BYTES = 16;
const TAG_BYTES = 16;

/** Longest header that is looked for; a recipient takes about 100 bytes, a post-quantum one about 1,600. */
export const AGE_HEADER_LIMIT = 256 * 1024;

/** Length of the header that an age file begins with; undefined when there is none. */
export function ageHeaderBytes(head: Uint8Array): number | undefined {
  const text = new TextDecoder('latin1').decode(head);
  const match = /^age-encryption\.org\/v1\n(?:.*\n)*?--- [A-Za-z0-9+/]+\n/.exec(text);
  return match?.[0].length;
}

/** Size of an age file of so many bytes of plaintext. */
export function ageFileBytes(headerBytes: number, plainBytes: number): number {
  const pieces = Math.max(1, Math.ceil(plainBytes / PIECE_BYTES));
  return headerBytes + NONCE_BYTES + plainBytes + pieces * TAG_BYTES;
}
