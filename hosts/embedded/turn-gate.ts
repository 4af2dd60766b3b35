import { doNext } from '../../relay/model/microtask.ts'

/** How much of one turn of the event loop goes to work that passes the gate. Milliseconds of CPU. */
const BUDGET_MS = 1

/**
 * New pieces of work in one turn. The more of them, the fewer messages to the database's thread, commits
 * and turns an event costs. But each of the ten requests under way at a destination takes two turns at
 * least, so it gets five deliveries in a turn at most, and an event begins twice: as a post, and from
 * the queue. With twelve in a turn more begins than leaves, and deliveries wait in the store, which
 * costs as much as is saved twice.
 */
const NEW_PER_TURN = 8

/**
 * New pieces of work in one turn while it is crowded. The rate of a slow destination falls with the
 * length of the turns, and a hundred senders make them long; they lose nothing by this. With two, what begins at a
 * destination that answers at once is as much as leaves it: what once waited in the store then lets all of a backlog
 * wait there, which takes twice the time.
 */
const NEW_PER_CROWDED_TURN = 1

/**
 * Does as much work as there is time for in this turn of the event loop, and the rest in the turns that
 * follow: what was begun first, then a little of what is new, both in the order in which they come; of
 * what is new the clusters take turns. So a hundred
 * posts that come at once keep no answer of a destination waiting. Nothing waits for a timer, nor
 * while there is time in the turn, and something new begins in each turn in which it waits.
 */
export interface TurnGate {
  /** Goes on with a piece of work, soon. */
  goOn(work: () => void): void
  /** Resolves when a piece of new work of a cluster may begin, which its caller does then. */
  begin(cluster?: string): Promise<void>
  /** Asks before each new piece of work whether it is crowded: whether deliveries wait for destinations. */
  heed(isCrowded: () => boolean): void
}

export interface TurnGateOptions {
  readonly budgetMs?: number
  /** How many new pieces of work begin in one turn at most. */
  readonly newPerTurn?: number
  /** The same while it is crowded. */
  readonly newPerCrowdedTurn?: number
  /** Makes what tells whether the time of a turn that begins now is used up. */
  readonly stopwatch?: (budgetMs: number) => () => boolean
}

export function createTurnGate(options: TurnGateOptions = {}): TurnGate {
  const { budgetMs = BUDGET_MS, stopwatch = cpuStopwatch } = options
  const { newPerTurn = NEW_PER_TURN, newPerCrowdedTurn = NEW_PER_CROWDED_TURN } = options
  const begun: Work[] = []
  /** The new work of each cluster; the cluster whose turn it is comes first. */
  const fresh = new Map<string, Work[]>()
  /** Whether the time of this turn is used up; undefined when nothing was done in it. */
  let isOver: (() => boolean) | undefined
  /** New pieces of work in this turn. */
  let begunNow = 0
  let isWorking = false
  let isCrowded = () => false

  const beginTurn = () => {
    isOver = undefined
    begunNow = 0
    if (begun.length + fresh.size > 0) workSoon()
  }
  const workSoon = () => {
    if (isWorking) return
    if (isOver === undefined) {
      isOver = stopwatch(budgetMs)
      setImmediate(beginTurn)
    }
    isWorking = true
    afterMicrotasks(workNext)
  }
  const workNext = () => {
    isWorking = false
    const work = next()
    if (work === undefined) return
    // Also when no work is left: where only new work asked for more, a long backlog was drained at 60 % of the speed in
    // three of five runs.
    workSoon()
    work()
  }
  const next = () => {
    if (!isOver?.()) {
      const work = begun.shift()
      if (work) return work
    } else if (begunNow > 0) return undefined
    if (begunNow >= (isCrowded() ? newPerCrowdedTurn : newPerTurn)) return undefined
    const work = nextFresh()
    if (work) begunNow += 1
    return work
  }
  const nextFresh = () => {
    const [first] = fresh
    if (first === undefined) return undefined
    const [cluster, works] = first
    const work = works.shift()
    // It is the next one's turn, unless there is none.
    if (works.length === 0 || fresh.size > 1) fresh.delete(cluster)
    if (works.length > 0) fresh.set(cluster, works)
    return work
  }
  const add = (work: Work, queue: Work[]) => {
    queue.push(work)
    workSoon()
  }
  const ofCluster = (cluster: string) => {
    const known = fresh.get(cluster)
    if (known !== undefined) return known
    const works: Work[] = []
    fresh.set(cluster, works)
    return works
  }
  return {
    goOn: (work) => add(work, begun),
    begin: (cluster = '') => new Promise((work) => add(work, ofCluster(cluster))),
    heed(judge) {
      isCrowded = judge
    },
  }
}

type Work = () => void

/** A tick that a microtask asks for comes when no microtask is left. */
function afterMicrotasks(work: () => void): void {
  doNext(() => process.nextTick(work))
}

/**
 * Counts the thread's CPU, not the time of day: on a busy machine that goes on while others run. It costs more to ask
 * for it, so it is asked for only when as much time has gone by as was left of the budget.
 */
function cpuStopwatch(budgetMs: number): () => boolean {
  const cpuAtStart = threadCpuMs()
  let leftMs = budgetMs
  let askAt = performance.now() + leftMs
  return () => {
    if (leftMs <= 0) return true
    const now = performance.now()
    if (now < askAt) return false
    leftMs = budgetMs - (threadCpuMs() - cpuAtStart)
    askAt = now + leftMs
    return leftMs <= 0
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
