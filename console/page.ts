import type { Operator } from '../relay/api/senders.ts'
import type { Clock } from '../relay/ports/clock.ts'
import type { Html } from './html.ts'
import type { ConsoleRelay } from './relay.ts'

/** Who looks at a page. */
export interface Person extends Operator {
  /** Whether the person logged in, and so can log out. */
  readonly hasSession: boolean
}

/** What a page is made of. */
export interface Asked {
  readonly relay: ConsoleRelay
  readonly person: Person
  /** The time in milliseconds since the epoch. */
  readonly now: number
  readonly clock: Clock
  /** What the relay's numbers are, where a person has to know it. */
  readonly numbers?: string
  /** The origin to which events are sent, such as `http://127.0.0.1:8080`; empty where it is not known. */
  readonly origin: string
  /** The decoded parameters of the path. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
}

/** The parts of the console, as its navigation names them and as their paths begin. */
export type Section =
  | 'overview'
  | 'deliveries'
  | 'events'
  | 'alerts'
  | 'providers'
  | 'clusters'
  | 'try'

/** What a page shows. */
export interface Shown {
  readonly title: string
  /** The part of the console that it belongs to. */
  readonly section?: Section
  /** The HTTP status; 200 unless it says otherwise. */
  readonly status?: number
  readonly content: Html
}

/** A file that a person keeps, in the place of a page. */
export interface Download {
  readonly fileName: string
  readonly contentType: string
  /** Its text, as it is read. Who reads no further ends it. */
  readonly text: AsyncIterable<string>
}

/** Another page, to which the browser goes after a change. */
export interface GoOn {
  /** The path with its query. */
  readonly to: string
}

/** A page of the console. */
export interface ConsolePage {
  /** The path with its parameters in braces. */
  readonly path: string
  /** Rejects with `Refused` for what the relay refuses. */
  show(asked: Asked): Promise<Shown | Download | GoOn>
}

/** What a form of the console does. Only a person who may make changes gets there, unless it makes none. */
export interface ConsoleAction {
  readonly path: string
  readonly changesNothing?: true
  act(asked: Asked, form: URLSearchParams): Promise<Shown | GoOn>
}

/** Whether a person may make changes. */
export function mayChange({ role }: Person): boolean {
  return role === 'operator'
}
