/**
 * Within this time a second signal counts as the same one. Under `npm start` a Ctrl-C comes twice:
 * npm passes on what the terminal sends to all.
 */
const SAME_SIGNAL_MS = 500

/** Resolves at the first SIGTERM or SIGINT; another one, later, ends the process at once. */
export function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined
    const onSignal = () => {
      firstAt ??= performance.now()
      if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(1)
      resolve()
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal)
  })
}
