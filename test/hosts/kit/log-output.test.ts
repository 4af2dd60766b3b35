import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLogOutput, type LostLines } from '../../../hosts/kit/log-output.ts'
import { ROOT } from '../../support/relay-process.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A megabyte and more may wait, in lines of a thousand characters. */
const LINE = `${'x'.repeat(999)}\n`
const MORE_LINES_THAN_WAIT = 1_200

const LOST = 'lines before this one were lost'

interface Line {
  readonly msg: string
  readonly n?: number
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}

/** An output whose file takes so many bytes a write, or fails with a code. */
function setup() {
  const file = { text: '', takes: Number.POSITIVE_INFINITY, code: undefined as string | undefined }
  const lost: LostLines[] = []
  const output = createLogOutput((bytes) => {
    if (file.code !== undefined) throw failure(file.code)
    const taken = bytes.subarray(0, file.takes)
    file.text += Buffer.from(taken).toString('latin1')
    return taken.length
  })
  output.onLost((lines) => {
    lost.push(lines)
    output.write('told\n')
  })
  return { file, lost, output }
}

describe('the output of a log', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('writes the lines of some milliseconds together', () => {
    const { file, output } = setup()
    output.write('a\n')
    output.write('b\n')
    expect(file.text).toBe('')
    vi.advanceTimersByTime(10)
    expect(file.text).toBe('a\nb\n')
  })

  it('goes on in the middle of a line where a write took a part', () => {
    const { file, output } = setup()
    file.takes = 3
    output.write('first line\n')
    output.write('second line\n')
    vi.advanceTimersByTime(10)
    expect(file.text).toBe('first line\nsecond line\n')
  })

  it.each(['EAGAIN', 'ENOSPC', 'EIO'])('keeps lines after %s, and tries again', (code) => {
    const { file, lost, output } = setup()
    file.code = code
    output.write('a\n')
    vi.advanceTimersByTime(10)
    output.write('b\n')
    vi.advanceTimersByTime(1_000)
    file.code = undefined
    vi.advanceTimersByTime(100)
    expect([file.text, lost]).toEqual(['a\nb\n', []])
  })

  it('counts what it has no room for, and tells of it after what waited', () => {
    const { file, lost, output } = setup()
    file.code = 'ENOSPC'
    for (let n = 0; n < MORE_LINES_THAN_WAIT; n += 1) output.write(LINE)
    vi.advanceTimersByTime(10)
    file.code = undefined
    vi.advanceTimersByTime(100)
    const written = file.text.split('\n').slice(0, -1)
    expect(written.at(-1)).toBe('told')
    expect(lost).toEqual([{ lines: MORE_LINES_THAN_WAIT - (written.length - 1), code: 'ENOSPC' }])
    expect(lost[0]?.lines).toBeGreaterThan(100)
    output.write('after\n')
    vi.advanceTimersByTime(10)
    expect(file.text.endsWith('told\nafter\n')).toBe(true)
    expect(lost).toHaveLength(1)
  })

  it('loses nothing of what is logged in one turn where it can be written', () => {
    const { file, lost, output } = setup()
    for (let n = 0; n < 3 * MORE_LINES_THAN_WAIT; n += 1) output.write(LINE)
    vi.advanceTimersByTime(10)
    expect([file.text.length, lost]).toEqual([3 * MORE_LINES_THAN_WAIT * LINE.length, []])
  })

  it('keeps up with a reader who empties a pipe again and again', () => {
    const pipe = { room: 0, taken: 0 }
    const output = createLogOutput((bytes) => {
      if (pipe.room === 0) throw failure('EAGAIN')
      const taken = Math.min(pipe.room, bytes.length)
      pipe.room -= taken
      pipe.taken += taken
      return taken
    })
    const lost: LostLines[] = []
    output.onLost((lines) => lost.push(lines))
    // Four megabytes in a second, of which the pipe holds 16 KiB.
    for (let ms = 0; ms < 1_000; ms += 1) {
      for (let n = 0; n < 4; n += 1) output.write(LINE)
      pipe.room = 16_384
      vi.advanceTimersByTime(1)
    }
    vi.advanceTimersByTime(100)
    expect([pipe.taken, lost]).toEqual([4_000 * LINE.length, []])
  })

  it('keeps nothing once its reader has gone', () => {
    const { file, output } = setup()
    file.code = 'EPIPE'
    output.write('a\n')
    vi.advanceTimersByTime(10)
    output.write('b\n')
    file.code = undefined
    vi.advanceTimersByTime(1_000)
    output.end()
    expect([file.text, vi.getTimerCount()]).toEqual(['', 0])
  })
})

describe('a process that logs', () => {
  /** Logs so many lines, lets others work between them, and then says on stderr that it is done. */
  const program = (lines: number, { midway = '', end = '' } = {}) => `
    import { createLog } from './hosts/kit/log.ts'
    const log = await createLog({ pretty: false, level: 'info' })
    for (let n = 0; n < ${lines}; n += 1) {
      log.info({ n, rest: 'x'.repeat(900) }, 'line')
      if (n === 100) ${midway || ';'}
      if (n % 100 === 0) await new Promise((go) => setTimeout(go, 1))
    }
    process.stderr.write('done')
    ${end}`
  const argsOf = (source: string) => ['--input-type=module', '--eval', source]

  // Every write to /dev/full fails with ENOSPC. See full(4).
  it.skipIf(!existsSync('/dev/full'))('does not end because the disk of its log is full', () => {
    const full = openSync('/dev/full', 'w')
    const stdio: ['ignore', number, 'pipe'] = ['ignore', full, 'pipe']
    const ended = spawnSync(process.execPath, argsOf(program(300)), { cwd: ROOT, stdio })
    closeSync(full)
    expect([String(ended.stderr), ended.status]).toEqual(['done', 0])
  })

  it('goes on while nobody reads its log, and says later what is missing', async () => {
    const waits = {
      midway: "await new Promise((go) => process.stdin.once('data', go))",
      end: 'process.stdin.resume()',
    }
    const child = spawn(process.execPath, argsOf(program(4_000, waits)), { cwd: ROOT })
    // Node reads so much by itself, and no more until somebody wants it.
    const { readableHighWaterMark } = child.stdout
    await waitFor(() =>
      expect(child.stdout.readableLength).toBeGreaterThanOrEqual(readableHighWaterMark),
    )
    child.stdin.write('go')
    await once(child.stderr, 'data')
    const lines: Line[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(JSON.parse(line))
      if (lines.at(-1)?.msg === LOST) child.stdin.end()
    }
    const [notice] = lines.filter(({ msg }) => msg === LOST)
    const written = lines.filter(({ msg }) => msg === 'line')
    expect(notice).toMatchObject({ level: 'warn', code: 'EAGAIN', lines: 4_000 - written.length })
    expect(written.map(({ n }) => n)).toEqual(written.map((_, n) => n))
  })
})
