import { wholePage } from '../../../console/layout.ts'
import { type LoginState, loginPage } from '../../../console/login-page.ts'
import {
  type Asked,
  type Download,
  type GoOn,
  mayChange,
  type Person,
  type Shown,
} from '../../../console/page.ts'
import { ACTIONS, PAGES } from '../../../console/pages.ts'
import type { ConsoleRelay } from '../../../console/relay.ts'
import { noticePage, problemPage } from '../../../console/states.ts'
import type { Answer } from '../../../relay/api/answer.ts'
import type { EdgeRequest } from '../../../relay/api/http.ts'
import type { Call, Route } from '../../../relay/api/route.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import { type Assets, readAssets } from './assets.ts'
import { endedCookie, schemeOf, sessionCookie, sessionIdOf } from './cookies.ts'
import { firstScreenFirst } from './first-screen.ts'
import { isOwnForm } from './own-form.ts'
import { FIRST, ownPath, pageOf } from './own-paths.ts'
import type { Sessions } from './sessions.ts'
import { streamWhile } from './stream-while.ts'

/** What the console needs of its host. */
export interface ConsoleParts {
  readonly relay: ConsoleRelay
  readonly clock: Clock
  /** What the relay's numbers are, where a person has to know it. */
  readonly numbers?: string
  /** Who has logged in; undefined where everybody who gets through may do everything. */
  readonly sessions: () => Sessions | undefined
  /**
   * Streams the rows of deliveries that come or change, as Server-Sent Events. `isSelectable`: as the rows
   * of the page are.
   */
  readonly live: (request: EdgeRequest, isSelectable: boolean) => Promise<Answer>
  /** Whether a session begins by `/console/open/TOKEN` too, for a program that prints the address. */
  readonly opensByAddress?: boolean
  /**
   * The origin to which events are sent; empty where this is not known. Without it, where the browser
   * has the console from.
   */
  readonly eventsOrigin?: string
  /** Told of what failed, and was no refusal. */
  onFailure(cause: unknown, path: string): void
}

/** The most bytes of a form; an event to try is the largest. */
const MAX_FORM_BYTES = 1024 * 1024

/** The most bytes of the form to log in, which anyone may send. */
const MAX_LOGIN_BYTES = 8 * 1024

/**
 * The content policy of every page. Nothing in a page runs that is not a file of the console, and
 * nothing is asked of another host.
 */
const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const PAGE_HEADERS = {
  'Content-Security-Policy': CONTENT_POLICY,
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

const OPEN: Person = { role: 'operator', hasSession: false }

/** The routes of the console. They ask for a session by themselves, since browsers send no bearer token. */
export function consoleRoutes(parts: ConsoleParts): readonly Route[] {
  let read: Assets | undefined
  const assets = () => {
    read ??= readAssets()
    return read
  }
  const site = { ...parts, assets }
  const get = (path: string, handle: Route['handle']) =>
    ({ method: 'GET', path, access: 'anyone', handle }) as const
  const post = (path: string, handle: Route['handle'], maxBodyBytes = MAX_FORM_BYTES) =>
    ({ method: 'POST', path, access: 'anyone', maxBodyBytes, handle }) as const
  return [
    get('/', () => goTo(FIRST)),
    get('/console', () => goTo(FIRST)),
    get('/console/', () => goTo(FIRST)),
    get('/console/assets/{name}', ({ parameters }) => asset(assets(), parameters.name ?? '')),
    get('/console/login', (call) => login(site, call, 'first')),
    get('/console/open/{key}', (call) => openWithKey(site, call)),
    post('/console/login', (call) => logIn(site, call), MAX_LOGIN_BYTES),
    post('/console/logout', (call) => logOut(site, call)),
    get('/console/deliveries/live', (call) => live(site, call)),
    ...PAGES.map(({ path, show }) =>
      get(path, (call) => forPerson(site, call, (person) => show(askedOf(site, call, person)))),
    ),
    ...ACTIONS.map(({ path, act, changesNothing }) =>
      post(path, (call) =>
        forPerson(site, call, async (person) => {
          if (!isOwnForm(call.request)) return FOREIGN_FORM
          if (!changesNothing && !mayChange(person)) return VIEWER_ONLY
          return withForm(call, (form) => act(askedOf(site, call, person), form))
        }),
      ),
    ),
    get('/console/*', (call) => wrongAddress(site, call)),
    post('/console/*', (call) => wrongAddress(site, call)),
  ]
}

/** Rows as they come, for who has logged in. */
async function live(site: Site, { request }: Call): Promise<Answer> {
  const person = personOf(site, request)
  if (person === undefined) return plainAnswer(401, 'log in')
  const answer = await site.live(request, mayChange(person))
  if (answer.stream === undefined) return answer
  const isLoggedIn = () => personOf(site, request) !== undefined
  return { ...answer, stream: streamWhile(answer.stream, isLoggedIn) }
}

interface Site extends ConsoleParts {
  readonly assets: () => Assets
}

const FOREIGN_FORM = noticePage(
  'Not from here',
  403,
  'The form was not sent by a page of this console.',
)

const WRONG_ADDRESS = noticePage('Not this address', 404, 'There is nothing at this address.')

const VIEWER_ONLY = noticePage('Not for a viewer', 403, 'The role viewer changes nothing.')

/** Says to a person that there is no such page. */
function wrongAddress(site: Site, { request }: Call): Answer {
  return pageAnswer(site, request, WRONG_ADDRESS, personOf(site, request))
}

/** Does the work for who has logged in, and shows what comes of it. */
async function forPerson(
  site: Site,
  call: Call,
  work: (person: Person) => Promise<Shown | Download | GoOn>,
): Promise<Answer> {
  const { request } = call
  const person = personOf(site, request)
  const state = request.method === 'POST' ? 'ended' : 'first'
  if (person === undefined) return login(site, call, state, pageOf(request))
  try {
    const done = await work(person)
    if ('to' in done) return goTo(done.to)
    return 'text' in done ? download(site, request, done) : pageAnswer(site, request, done, person)
  } catch (error) {
    const shown = problemPage(error, pageOf(request))
    if (shown.status === 500) site.onFailure(error, request.path)
    return pageAnswer(site, request, shown, person)
  }
}

function personOf({ sessions }: Site, request: EdgeRequest): Person | undefined {
  const known = sessions()
  if (known === undefined) return OPEN
  const id = sessionIdOf(request)
  const operator = id === undefined ? undefined : known.operatorOf(id)
  return operator && { ...operator, hasSession: true }
}

function askedOf(site: Site, call: Call, person: Person): Asked {
  const { relay, clock, eventsOrigin, numbers } = site
  const { request, parameters } = call
  return {
    ...{ relay, person, parameters, clock },
    ...(numbers !== undefined && { numbers }),
    now: clock.now(),
    origin: eventsOrigin ?? request.origin,
    query: new URLSearchParams(request.query),
  }
}

async function withForm<T extends Shown | GoOn>(
  call: Call,
  work: (form: URLSearchParams) => Promise<T>,
): Promise<T | Shown> {
  const body = await call.readBody()
  if ('problem' in body) return noticePage('This did not work', 400, body.problem.detail)
  return work(new URLSearchParams(Buffer.from(body.body).toString('utf8')))
}

async function logIn(site: Site, call: Call): Promise<Answer> {
  const { request } = call
  const sessions = site.sessions()
  if (sessions === undefined) return goTo(FIRST)
  if (!isOwnForm(request)) return pageAnswer(site, request, FOREIGN_FORM)
  const body = await call.readBody()
  const form = new URLSearchParams('body' in body ? Buffer.from(body.body).toString('utf8') : '')
  const next = ownPath(form.get('next'))
  const id = sessions.begin(form.get('token')?.trim() ?? '')
  if (id === undefined) return login(site, call, 'wrong', next)
  return goTo(next, { 'Set-Cookie': sessionCookie(request, id) })
}

/** Begins a session by an address that a program printed: its key is the token. */
function openWithKey(site: Site, call: Call): Answer {
  const { request, parameters } = call
  const id = site.opensByAddress ? site.sessions()?.begin(parameters.key ?? '') : undefined
  if (id === undefined) return wrongAddress(site, call)
  return goTo(FIRST, { 'Set-Cookie': sessionCookie(request, id) })
}

function logOut(site: Site, { request }: Call): Answer {
  if (!isOwnForm(request)) return pageAnswer(site, request, FOREIGN_FORM)
  const id = sessionIdOf(request)
  if (id !== undefined) site.sessions()?.end(id)
  return goTo('/console/login', { 'Set-Cookie': endedCookie(request) })
}

/** The page to log in. `next`: a path of the console to go on to. */
function login(site: Site, { request }: Call, state: LoginState, next?: string): Answer {
  const wanted = next ?? ownPath(new URLSearchParams(request.query).get('next'))
  return pageAnswer(site, request, loginPage(state, wanted))
}

function goTo(path: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 303, body: '', headers: { ...PAGE_HEADERS, ...headers, Location: path } }
}

function pageAnswer({ assets }: Site, request: EdgeRequest, shown: Shown, person?: Person): Answer {
  const scheme = schemeOf(request)
  const frame = { assets: assets().addresses, ...(scheme && { scheme }), ...(person && { person }) }
  const page = wholePage(shown, frame).toString()
  const stream = firstScreenFirst(request, page)
  return {
    ...{ status: shown.status ?? 200, contentType: 'text/html; charset=utf-8' },
    ...(stream === undefined ? { body: page } : { body: '', stream }),
    headers: PAGE_HEADERS,
  }
}

function plainAnswer(status: number, text: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
}

/** A file, which is read as fast as the browser takes it. One that fails on the way is cut off. */
function download(
  site: Site,
  { path }: EdgeRequest,
  { fileName, contentType, text }: Download,
): Answer {
  const disposition = { 'Content-Disposition': `attachment; filename="${fileName}"` }
  const parts = async function* () {
    try {
      yield* text
    } catch (error) {
      site.onFailure(error, path)
      throw error
    }
  }
  const stream = ReadableStream.from(parts()).pipeThrough(new TextEncoderStream())
  return {
    ...{ status: 200, contentType, body: '', stream },
    headers: { ...PAGE_HEADERS, ...disposition },
  }
}

/** An address names its content, so a browser never asks for it again. */
function asset(assets: Assets, name: string): Answer {
  const found = assets.find(name)
  if (found === undefined) return plainAnswer(404, 'no such file')
  const headers = { 'Cache-Control': 'public, max-age=31536000, immutable' }
  return { status: 200, contentType: found.contentType, body: found.text, headers }
}
