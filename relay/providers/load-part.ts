import { HostAtLimit } from './answers/classify.ts'

/**
 * Loads a part of the relay that most relays do not need. Rejects with `HostAtLimit` when its files cannot be read, as
 * while too many are open.
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch (cause) {
    throw new HostAtLimit(`a part of the relay cannot be loaded: ${String(cause)}`, { cause })
  }
}
