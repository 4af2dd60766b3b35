import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { Session } from './child.ts'
import { isProgram, type Mutant, mutantsOf } from './mutants.ts'
import { reach } from './reach.ts'
import { TARGETS, type Target } from './targets.ts'

// Puts small faults into the sources, one at a time and in memory, and says which no test notices.
//   npm run test:mutation -- --folder relay/pipeline --sample 40 --seed 1
// A run that takes longer than `--patience` seconds, and ten times what its tests took without a fault,
// has a fault that never ends; a machine with much else to do wants more of it.
// Every number is of one seed and size, so that two states of the tests can be compared.

const { values } = parseArgs({
  options: {
    folder: { type: 'string', multiple: true },
    sample: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    patience: { type: 'string', default: '120' },
  },
})
const unknown = values.folder?.filter((folder) => TARGETS.every((it) => it.folder !== folder)) ?? []
if (unknown.length > 0) {
  const known = TARGETS.map(({ folder }) => folder).join(', ')
  process.stderr.write(
    `--folder ${unknown.join(', ')}: no folder of test/mutation/targets.ts; expected one of ${known}\n`,
  )
  process.exit(2)
}
const sample = Number(values.sample)
const seed = Number(values.seed)
const patienceMs = Number(values.patience) * 1_000

type Fate = 'killed' | 'timeout' | 'survived' | 'not reached'
interface Score extends Record<Fate, number> {
  readonly folder: string
  readonly all: number
}

const directory = mkdtempSync(join(tmpdir(), 'flux-relay-mutation-'))
const session = new Session()
try {
  const targets = TARGETS.filter(({ folder }) => values.folder?.includes(folder) ?? true)
  const scores: Score[] = []
  for (const target of targets) scores.push(await scoreOf(target))
  say(`\nSeed ${seed}, ${sample} faults a folder.\n`)
  say('| folder | possible faults | tried | killed | survived | not reached | score |')
  say('|---|---|---|---|---|---|---|')
  for (const score of scores) say(rowOf(score))
} finally {
  session.stop()
  rmSync(directory, { recursive: true })
}

async function scoreOf(target: Target): Promise<Score> {
  const tests = testsOf(target)
  const reached = await reach(target, tests, join(directory, 'trace'))
  const inner = TARGETS.filter(({ folder }) => folder.startsWith(`${target.folder}/`))
  const files = globSync(`${target.folder}/**/*.ts`)
    .filter((file) => !file.endsWith('.d.ts'))
    .filter((file) => inner.every(({ folder }) => !file.startsWith(`${folder}/`)))
  const all = files.toSorted().flatMap((file) => mutantsOf(file, readFileSync(file, 'utf8')))
  const fates = { killed: 0, timeout: 0, survived: 0, 'not reached': 0 }
  for (const mutant of sampleOf(all)) {
    const fate = await fateOf(mutant, reached.testsOf(mutant), reached.durations)
    fates[fate] += 1
    process.stderr.write(fate === 'killed' ? '.' : '\n')
    if (fate !== 'killed') say(`${fate}: ${shown(mutant)}`)
  }
  return { folder: target.folder, all: all.length, ...fates }
}

function testsOf({ tests, without = [] }: Target): readonly string[] {
  return globSync([...tests]).filter((file) => !without.includes(basename(file, '.test.ts')))
}

async function fateOf(
  mutant: Mutant,
  tests: readonly string[],
  durations: ReadonlyMap<string, number>,
): Promise<Fate> {
  if (tests.length === 0) return 'not reached'
  const takes = (test: string) => durations.get(test) ?? 0
  const fastFirst = tests.toSorted((a, b) => takes(a) - takes(b))
  const totalMs = tests.reduce((sum, test) => sum + takes(test), 0)
  const ran = await session.run({ tests: fastFirst, mutant }, patienceMs + 10 * totalMs)
  if (ran === undefined) return 'timeout'
  return ran.failed.length > 0 ? 'killed' : 'survived'
}

/** Some of the mutants, drawn by the seed alone. */
function sampleOf(mutants: readonly Mutant[]): readonly Mutant[] {
  const random = randomNumbers(seed)
  const drawn = mutants
    .map((mutant) => ({ mutant, place: random() }))
    .toSorted((a, b) => a.place - b.place)
  const chosen: Mutant[] = []
  for (const { mutant } of drawn) {
    if (chosen.length === sample) break
    if (isProgram(readFileSync(mutant.file, 'utf8'), mutant)) chosen.push(mutant)
  }
  return chosen
}

/** Numbers from 0 to 1 that look random: https://en.wikipedia.org/wiki/Xorshift */
function randomNumbers(start: number): () => number {
  let state = (start * 2_654_435_761) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

function shown({ file, line, start, end, text }: Mutant): string {
  const source = readFileSync(file, 'utf8')
  const short = (code: string) => code.replace(/\s+/g, ' ').slice(0, 70)
  return `${file}:${line} \`${short(source.slice(start, end))}\` -> \`${short(text)}\``
}

function rowOf(score: Score): string {
  const killed = score.killed + score.timeout
  const tried = killed + score.survived + score['not reached']
  const percent = tried === 0 ? '' : `${Math.round((100 * killed) / tried)} %`
  const cells = [score.folder, score.all, tried, killed, score.survived, score['not reached']]
  return `| ${[...cells, percent].join(' | ')} |`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
