import { type FolderEntry, isManifestFile, ROOT, scanManifests, signatureOf } from './scan.ts'

/** A folder of manifests, or a single file of them, that is loaded and then watched. */
export interface ManifestsFolder<Load> {
  /**
   * Loads the folder as it is now. What is wrong with single files or objects is in `problems`;
   * rejects with `ManifestsFolderError` when there is no such folder or it cannot be listed.
   */
  load(): Promise<Load>
  /**
   * Looks for changes every `intervalMs` milliseconds. By polling, because the places where such
   * folders lie, ConfigMap and bind mounts and network disks, report no or wrong file events.
   */
  watch(intervalMs?: number): void
  /** Ends the watch; `onChange` is not called again. */
  close(): void
}

/** Loads what a look at a folder found. */
export interface FolderLoader<Load> {
  /** The same object comes back when nothing changed. */
  load(entries: readonly FolderEntry[]): Promise<Load>
  /** Names what is loaded: equal for two loads that a host need not tell apart. */
  fingerprintOf(load: Load): string
}

export interface ManifestsFolderOptions<Load> {
  readonly path: string
  readonly loader: FolderLoader<Load>
  /**
   * Called when a look finds other objects, Secrets or problems than the last call or `load` did.
   * No look begins before it has settled; when it fails, the next look calls it again.
   */
  readonly onChange?: (loaded: Load) => void | Promise<void>
}

/** There is no folder to load. */
export class ManifestsFolderError extends Error {
  override readonly name = 'ManifestsFolderError'
}

/** A file that is being written must have held still between two looks this far apart. */
const SETTLE_MS = 100
/** After so many looks a folder that never holds still is loaded as soon as it does while its files are read. */
const MAX_UNSETTLED_LOOKS = 10
/** After so many looks and loads, of which each found another state, it is loaded all the same. */
const MAX_UNSETTLED = 20
/** How often a folder is read at the start that changes meanwhile. */
const MAX_READS = 5

export function createManifestsFolder<Load>(
  options: ManifestsFolderOptions<Load>,
): ManifestsFolder<Load> {
  return new PolledFolder(options)
}

class PolledFolder<Load> implements ManifestsFolder<Load> {
  readonly #options: ManifestsFolderOptions<Load>
  #turn: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  #seen: string | undefined
  /** How often it did not hold still since the last load that counted. */
  #unsettled = 0
  #reported: string | undefined
  #latest: Load | undefined

  constructor(options: ManifestsFolderOptions<Load>) {
    this.#options = options
  }

  load(): Promise<Load> {
    return this.#inTurn(async () => {
      const { entries, loaded } = await this.#readWhole()
      this.#seen = signatureOf(entries)
      this.#latest = loaded
      this.#reported = this.#options.loader.fingerprintOf(loaded)
      return loaded
    })
  }

  async #readWhole() {
    for (let reads = 1; ; reads += 1) {
      const read = await this.#read()
      if (reads === MAX_READS || (await this.#isAsListed(read.entries))) return read
    }
  }

  async #read() {
    const entries = await scanManifests(this.#options.path)
    const [first] = entries
    if (first && !isManifestFile(first) && first.file === ROOT && entries.length === 1) {
      const advice = 'Name a folder or file of manifests that is there and that this user may read.'
      throw new ManifestsFolderError(`manifests: ${first.problem}. ${advice}`)
    }
    return { entries, loaded: await this.#options.loader.load(entries) }
  }

  watch(intervalMs = 1_000): void {
    clearTimeout(this.#timer)
    this.#schedule(intervalMs, intervalMs)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #schedule(delayMs: number, intervalMs: number): void {
    if (this.#isClosed) return
    const look = async () => {
      const isSettled = await this.#inTurn(() => this.#look())
      this.#schedule(isSettled ? intervalMs : Math.min(intervalMs, SETTLE_MS), intervalMs)
    }
    this.#timer = setTimeout(look, delayMs)
    this.#timer.unref()
  }

  /** Whether the folder held still since the look before. Never rejects. */
  async #look(): Promise<boolean> {
    try {
      const entries = await scanManifests(this.#options.path)
      if (!this.#holdsStill(signatureOf(entries))) return false
      const loaded = await this.#options.loader.load(entries)
      if (loaded !== this.#latest && !(await this.#isWhole(entries))) return false
      this.#unsettled = 0
      await this.#report(loaded)
    } catch {
      // The host knows what failed, its loader or `onChange`; the next look tries it again.
    }
    return true
  }

  #holdsStill(signature: string): boolean {
    const isStill = signature === this.#seen
    this.#seen = signature
    if (!isStill) this.#unsettled += 1
    return isStill || this.#unsettled > MAX_UNSETTLED_LOOKS
  }

  async #isWhole(entries: readonly FolderEntry[]): Promise<boolean> {
    const isWhole = (await this.#isAsListed(entries)) || this.#unsettled > MAX_UNSETTLED
    if (!isWhole) this.#unsettled += 1
    return isWhole
  }

  /**
   * Whether the folder is still as it was listed, once its files are read. Of what lies between two states an object
   * may be missing that moves from one file to another.
   */
  async #isAsListed(entries: readonly FolderEntry[]): Promise<boolean> {
    return signatureOf(await scanManifests(this.#options.path)) === signatureOf(entries)
  }

  async #report(loaded: Load): Promise<void> {
    if (this.#isClosed || loaded === this.#latest) return
    const fingerprint = this.#options.loader.fingerprintOf(loaded)
    if (fingerprint !== this.#reported) await this.#options.onChange?.(loaded)
    this.#reported = fingerprint
    this.#latest = loaded
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}
