import { CHROMIUM } from './chromium.ts'

/** Says in one line why nothing is tested, where that is so. */
export function setup(): void {
  if (CHROMIUM !== undefined) return
  process.stderr.write(
    'test:console is skipped: there is no Chromium; install it (apt-get install chromium), or name it in CHROMIUM\n',
  )
}
