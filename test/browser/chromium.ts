import { existsSync } from 'node:fs'

/** Where Debian’s package and others put Chromium. */
const PLACES = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser']

/** The program of Chromium; undefined where none is installed. */
export const CHROMIUM = PLACES.find((place) => place !== '' && existsSync(place))

/** What tests and benchmarks tell it. The sandbox needs rights that containers do not have; the pages are their own. */
export const CHROMIUM_FLAGS: readonly string[] = ['--no-sandbox']
