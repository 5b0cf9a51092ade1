/** The keys of one worker: those that `holdfast keys init` made. */
export interface WorkerKeys {
  /** For messages. */
  readonly directory: string;
  /** Opens indexes and running plans, but no data. */
  readonly index?: {
    /** Path of the age identity file. */
    readonly file: string;
    /** `age1…` */
    readonly recipient: string;
  };
  readonly signing?: {
    /** Base64 of the 32 bytes of the Ed25519 public key. */
    readonly publicKey: string;
    /** Base64 of the signature. */
    sign(bytes: Uint8Array): string;
  };
}

export interface KeyStore {
  /**
   * The keys of this worker; a part that is not there is undefined. Throws SecretUnavailable when one is there and cannot be used.
   *
   * @param directory default: /etc/holdfast/keys for root, else `$XDG_CONFIG_HOME/holdfast/keys`
   */
  workerKeys(directory?: string): Promise<WorkerKeys>;
  /**
   * An Ed25519 public key as base64 of its 32 bytes.
   *
   * @param keyOrPath that, or the absolute path of a PEM file. Throws SecretUnavailable when the file holds none.
   */
  verifyKey(keyOrPath: string): Promise<string>;
}
