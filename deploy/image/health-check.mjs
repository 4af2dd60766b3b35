import { readFileSync } from 'node:fs'
import { get } from 'node:http'

// The health check of both images: `node health-check.mjs PORT FILE`. FILE is /proc/1/cmdline, the command line that the
// container runs, and PORT the port of a command line that names none. Exits with 0 when the program answers.

const [, , defaultPort, file] = process.argv

const words = readFileSync(file, 'utf8').split('\0')

/** What the command line gives an option: the last one counts, written as `--port=1` or `--port 1`. */
function optionOf(name, otherwise) {
  const values = words.flatMap((word, index) => {
    if (word === name) return words.slice(index + 1, index + 2)
    return word.startsWith(`${name}=`) ? [word.slice(name.length + 1)] : []
  })
  return values.at(-1) ?? otherwise
}

/** What listens on all addresses also does on this one. */
const LOOPBACK = '127.0.0.1'
const ALL = ['::', '0.0.0.0']

const host = optionOf('--host', LOOPBACK)
const address = {
  host: ALL.includes(host) ? LOOPBACK : host,
  port: optionOf('--port', defaultPort),
}
get({ ...address, path: '/healthz' }, ({ statusCode }) =>
  process.exit(statusCode === 200 ? 0 : 1),
).on('error', () => process.exit(1))
