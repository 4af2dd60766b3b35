import { createInterface } from 'node:readline/promises'

/**
 * Asks on stderr, since stdout is for what a command gives, and resolves with whether the answer is yes. It is no
 * when stdin ends.
 */
export async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    const answer = await Promise.race([lines.question(`${question} [y/N] `), ended])
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
