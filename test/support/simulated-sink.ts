import { setImmediate as turn } from 'node:timers/promises'
import type { HttpClient, HttpResponse, TransportFailure } from '../../relay/ports/http.ts'
import type { LedgerBooks, Route } from './ledger-books.ts'
import { answer, noAnswer } from './relay-harness.ts'

/** How a destination answers; `silent`: not before another one is chosen, or it is too late. */
export const ANSWERS = ['ok', 'failing', 'limited', 'gone', 'silent'] as const
export type AnswerKind = (typeof ANSWERS)[number]

/** The time of a request that is not answered. Milliseconds. */
const TIMEOUT_MS = 15_000

/** A request, by the event that it tells of. */
interface Told {
  readonly route: Route
  readonly number: number
  readonly name: string
}

/** Both destinations. Judges each request by what the books say when it comes. */
export class SimulatedSink implements HttpClient {
  readonly faults: string[] = []
  /** Counts requests and answers. */
  activity = 0
  /** What was answered with success, by route and number. */
  readonly taken = new Set<string>()
  /** Whether an answer may have been lost: then it is asked again. */
  mayAskAgain = false
  readonly #books: LedgerBooks
  readonly #objectOf: (number: number) => number
  readonly #answers = new Map<Route, AnswerKind>()
  readonly #silent = new Map<() => void, Route>()
  readonly #tried = new Set<string>()
  /** The place of the event that was told last, by route and object. */
  readonly #latest = new Map<string, number>()
  #underWay = new Set<string>()

  constructor(books: LedgerBooks, objectOf: (number: number) => number) {
    this.#books = books
    this.#objectOf = objectOf
  }

  answerAs(route: Route, as: AnswerKind): void {
    this.#answers.set(route, as)
    if (as === 'silent') return
    for (const [wake, of] of this.#silent) if (of === route) wake()
  }

  /** Whoever asked is dead. */
  forgetAskers(): void {
    this.#silent.clear()
    this.#underWay = new Set()
    this.mayAskAgain = true
  }

  readonly send: HttpClient['send'] = async ({ url, body }) => {
    const told = this.#told(url, String(body))
    this.#judge(told)
    const underWay = this.#underWay
    underWay.add(told.name)
    this.activity += 1
    await turn()
    await turn()
    const given = await this.#answer(told.route)
    this.activity += 1
    underWay.delete(told.name)
    const isTaken = given.kind === 'response' && given.status < 300
    if (isTaken) this.taken.add(told.name)
    return given
  }

  #told(url: string, body: string): Told {
    const route = url.startsWith('https://hook.test/') ? 'hook' : 'forge'
    const number = Number(/step ?(\d+)/i.exec(body)?.[1] ?? Number.NaN)
    if (Number.isNaN(number)) this.faults.push(`a request tells of no event: ${body}`)
    return { route, number, name: `${route} ${number}` }
  }

  #judge({ route, number, name }: Told): void {
    const event = this.#books.eventOf(`event ${number}`)
    if (!event) return void this.faults.push(`${name} is sent, and nobody accepted it`)
    const outcome = this.#books.recordOf(event.id, route)?.outcome ?? 'retry'
    if (outcome !== 'retry') this.faults.push(`${name} is sent though it is ${outcome}`)
    if (this.#underWay.has(name)) this.faults.push(`${name} is under way twice`)
    if (this.taken.has(name) && !this.mayAskAgain) this.faults.push(`${name} is sent again`)
    this.#judgeOrder({ route, number, name }, event.place)
  }

  /** Of one object, first tries keep the order of the events; a status no older one ever follows. */
  #judgeOrder({ route, number, name }: Told, place: number): void {
    const line = `${route} ${this.#objectOf(number)}`
    const latest = this.#latest.get(line) ?? 0
    const isFirst = !this.#tried.has(name)
    this.#tried.add(name)
    if (place < latest && (isFirst || route === 'forge')) {
      this.faults.push(`${name}, which is ${place} in line, is sent after ${latest}`)
    }
    if (isFirst) this.#latest.set(line, Math.max(latest, place))
  }

  async #answer(route: Route): Promise<HttpResponse | TransportFailure> {
    const isLate = this.#answers.get(route) === 'silent' && (await this.#keepSilent(route))
    if (isLate) return noAnswer(true)
    switch (this.#answers.get(route)) {
      case 'failing':
        return answer(503)
      case 'limited':
        return answer(429, { 'retry-after': '30' })
      case 'gone':
        return answer(410)
      default:
        return answer(201, {}, '{}')
    }
  }

  /** Resolves with whether it took too long. */
  #keepSilent(route: Route): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#silent.delete(wake)
        resolve(false)
      }
      const timer = setTimeout(() => {
        this.#silent.delete(wake)
        resolve(true)
      }, TIMEOUT_MS)
      this.#silent.set(wake, route)
    })
  }
}
