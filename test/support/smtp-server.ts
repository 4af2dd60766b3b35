import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { onTestFinished } from 'vitest'

/** A mail that a server took, or refused only once it had it. */
export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** As it came, with header and body. */
  readonly raw: string
  readonly user: string | undefined
  readonly isSecure: boolean
}

export interface TestSmtpServer {
  readonly port: number
  readonly mails: readonly ReceivedMail[]
  /** How many connections there were. */
  readonly connections: number
}

export interface TestSmtpServerOptions extends SMTPServerOptions {
  readonly password?: string
  /** What is said to each recipient; undefined: it is taken. */
  readonly judgeRecipient?: (address: string) => string | undefined
  /** What is said to each mail; undefined: it is taken. */
  readonly judgeMail?: () => string | undefined
}

/** An error whose text the server answers with, such as `550 5.1.1 No such user`. */
function refusal(answer: string): Error {
  const [, code = '', words = ''] = /^(\d{3}) (.*)$/.exec(answer) ?? []
  return Object.assign(new Error(words), { responseCode: Number(code) })
}

/** A server of mail for one test. */
export async function startSmtpServer({
  password,
  judgeRecipient = () => undefined,
  judgeMail = () => undefined,
  ...options
}: TestSmtpServerOptions = {}): Promise<TestSmtpServer> {
  const mails: ReceivedMail[] = []
  let connections = 0
  const server = new SMTPServer({
    authOptional: password === undefined,
    logger: false,
    // Otherwise it looks the client's name up.
    disableReverseLookup: true,
    onConnect(_session, done) {
      connections += 1
      done()
    },
    onAuth(auth, _session, done) {
      if (auth.password === password) return done(null, { user: auth.username })
      done(refusal(`535 5.7.8 authentication failed for ${auth.password}`))
    },
    onRcptTo({ address }, _session, done) {
      const answer = judgeRecipient(address)
      done(answer === undefined ? undefined : refusal(answer))
    },
    onData(stream, session, done) {
      void text(stream).then((raw) => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw,
          user: session.user,
          isSecure: session.secure,
        })
        const answer = judgeMail()
        done(answer === undefined ? undefined : refusal(answer))
      })
    },
    ...options,
  })
  // A client that hangs up is what some tests are about.
  server.on('error', () => undefined)
  const { promise, resolve } = Promise.withResolvers<void>()
  const listening = server.listen(0, '127.0.0.1', resolve)
  await promise
  onTestFinished(() => new Promise<void>((closed) => server.close(() => closed())))
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    get connections() {
      return connections
    },
  }
}
