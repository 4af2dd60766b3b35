/**
 * A function that loads something at its first call, and gives the same from then on. It rejects as `load` does, such as
 * while the files of a library cannot be read, and then loads once more at the next call.
 */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
}
