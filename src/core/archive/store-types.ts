/**
 * Suffixes of files that are compressed already: zstd finds nothing in them to make smaller. Of containers only those that are nearly always
 * compressed inside.
 */
export const DEFAULT_STORE_TYPES: readonly string[] = [
  ...[
    '7z',
    'br',
    'bz2',
    'cab',
    'gz',
    'lz',
    'lz4',
    'lzma',
    'lzo',
    'rar',
    'tbz2',
    'tgz',
    'txz',
    'tzst',
    'xz',
    'zip',
    'zst',
  ],
  ...['aac', 'flac', 'm4a', 'mp3', 'oga', 'ogg', 'opus', 'wma'],
  ...['3gp', 'avi', 'flv', 'm2ts', 'm4v', 'mkv', 'mov', 'mp4', 'mpeg', 'mpg', 'mts', 'ogv', 'webm', 'wmv'],
  ...['avif', 'gif', 'heic', 'heif', 'jpeg', 'jpg', 'jxl', 'png', 'webp'],
  ...[
    'age',
    'apk',
    'crx',
    'deb',
    'docx',
    'epub',
    'gpg',
    'jar',
    'odp',
    'ods',
    'odt',
    'pptx',
    'rpm',
    'war',
    'whl',
    'woff',
    'woff2',
    'xlsx',
  ],
];

/** Below so many bytes of such files, shards of their own cost more than compressing them for nothing. */
export const SEPARATE_FROM_BYTES = 16 * 2 ** 20;

/** Whether a path (a byte string) ends in one of the suffixes, whatever its case. */
export class StoreTypes {
  readonly #suffixes: ReadonlySet<string>;

  constructor(suffixes: readonly string[] = DEFAULT_STORE_TYPES) {
    this.#suffixes = new Set(suffixes.map((suffix) => suffix.toLowerCase()));
  }

  has(path: string): boolean {
    const dot = path.lastIndexOf('.');
    // A name that begins with its only dot has no suffix.
    if (dot < 1 || path[dot - 1] === '/' || path.indexOf('/', dot) >= 0) return false;
    return this.#suffixes.has(path.slice(dot + 1).toLowerCase());
  }
}
