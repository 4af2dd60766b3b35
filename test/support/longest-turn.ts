/**
 * Measures the longest turn of the event loop in which work is done: milliseconds of CPU of this thread,
 * which a busy machine does not make longer.
 */
export async function longestTurnDuring(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let before = cpuMs()
  let isOver = false
  const turn = () => {
    const now = cpuMs()
    longest = Math.max(longest, now - before)
    before = now
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  try {
    await work()
    // The turn in which it ended counts too.
    await new Promise(setImmediate)
  } finally {
    isOver = true
  }
  return longest
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
