/** Shows on a terminal how far a long work has come. */
export interface Progress {
  /** One more is done. */
  step(): void
  /** Takes the bar away. */
  end(): void
}

const BAR_WIDTH = 30

const NOTHING: Progress = { step: () => undefined, end: () => undefined }

/** Draws a bar on stderr; nothing where stderr is no terminal, or when there is nothing to do. */
export function startProgress(
  total: number,
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
): Progress {
  if (!stream.isTTY || total === 0) return NOTHING
  let done = 0
  const draw = () => {
    const filled = Math.floor((done / total) * BAR_WIDTH)
    stream.write(`\r[${'#'.repeat(filled).padEnd(BAR_WIDTH, '.')}] ${done} of ${total}`)
  }
  draw()
  return {
    step() {
      done += 1
      draw()
    },
    end: () => void stream.write('\r\u001b[K'),
  }
}
