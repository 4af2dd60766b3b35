import { describe, expect, it } from 'vitest'
import { createMailer } from '../../../adapters/smtp/mailer.ts'
import type { TransportOptions } from '../../../relay/ports/http.ts'
import type { MailMessage, MailServer } from '../../../relay/ports/mail.ts'
import { createAuthority } from '../../support/certificates.ts'
import { startConnectProxy } from '../../support/proxies.ts'
import { startServer } from '../../support/servers.ts'
import { startSmtpServer, type TestSmtpServer } from '../../support/smtp-server.ts'

const authority = await createAuthority()
const certificate = await authority.issue()
const TRUSTED: TransportOptions = { timeoutMs: 10_000, tls: { ca: authority.ca } }
const mailer = createMailer({ allowPrivate: true })

function mail(
  { port }: Pick<TestSmtpServer, 'port'>,
  server: Partial<MailServer> = {},
  changes: Partial<MailMessage> = {},
): MailMessage {
  return {
    server: { host: '127.0.0.1', port, tls: 'starttls', ...server },
    from: { name: 'Flux', address: 'flux@example.com' },
    to: ['ops@example.com'],
    subject: 'webapp failed',
    text: 'the text\n',
    html: '<p>the text</p>',
    messageId: '<delivery@example.com>',
    threadId: '<thread@example.com>',
    date: Date.UTC(2026, 10, 20, 9, 14, 3),
    ...changes,
  }
}

const LOGIN = { user: 'flux', password: 'pass word: ü' }

describe('a mail', () => {
  it('goes over STARTTLS, after a login, with a text and its form in HTML', async () => {
    const server = await startSmtpServer({ ...certificate, password: LOGIN.password })
    const sent = await mailer.send(mail(server, { login: LOGIN }), TRUSTED)
    expect(sent).toEqual({ kind: 'sent', answer: expect.stringMatching(/^250 /), refused: [] })
    const [received] = server.mails
    expect(received).toMatchObject({
      from: 'flux@example.com',
      to: ['ops@example.com'],
      user: 'flux',
      isSecure: true,
    })
    const [head = ''] = received?.raw.split('\r\n\r\n') ?? []
    expect(head.split('\r\n')).toEqual(
      expect.arrayContaining([
        'From: Flux <flux@example.com>',
        'To: ops@example.com',
        'Subject: webapp failed',
        'Message-ID: <delivery@example.com>',
        'In-Reply-To: <thread@example.com>',
        'References: <thread@example.com>',
        'Date: Fri, 20 Nov 2026 09:14:03 +0000',
        'Auto-Submitted: auto-generated',
      ]),
    )
    expect(received?.raw).toContain('the text')
    expect(received?.raw).toContain('<p>the text</p>')
  })

  it('is the same byte for byte when it is sent again', async () => {
    const server = await startSmtpServer(certificate)
    for (const _ of [1, 2]) await mailer.send(mail(server), TRUSTED)
    const [first, second] = server.mails.map(({ raw }) => raw)
    expect(second).toBe(first)
  })

  it('has a boundary in one piece, whatever the domain', async () => {
    const server = await startSmtpServer(certificate)
    const id = `<${'d'.repeat(32)}@notifications.platform.eu-central.example-company.co.uk>`
    await mailer.send(mail(server, {}, { messageId: id }), TRUSTED)
    const { raw = '' } = server.mails[0] ?? {}
    const [, boundary = ''] = /^ boundary="([^"\r]+)"\r$/m.exec(raw) ?? []
    expect(boundary).toMatch(/^.{1,70}$/)
    expect(raw.split(`--${boundary}`)).toHaveLength(4)
  })

  it('goes over TLS from the first byte', async () => {
    const server = await startSmtpServer({ ...certificate, secure: true })
    expect(await mailer.send(mail(server, { tls: 'implicit' }), TRUSTED)).toMatchObject({
      kind: 'sent',
    })
    expect(server.mails).toMatchObject([{ isSecure: true }])
  })

  it('goes without TLS where that is wanted, even if the server has it', async () => {
    const server = await startSmtpServer(certificate)
    expect(await mailer.send(mail(server, { tls: 'none' }), TRUSTED)).toMatchObject({
      kind: 'sent',
    })
    expect(server.mails).toMatchObject([{ isSecure: false }])
  })

  it('keeps lines of a dot, other scripts, and what would be a header', async () => {
    const server = await startSmtpServer(certificate)
    const subject = 'déployé\r\nBcc: evil@example.com'
    const from = { name: 'Flüx "the"\r\nX-Evil: 1', address: 'flux@example.com' }
    await mailer.send(mail(server, {}, { subject, from, text: 'a\n.\n..\nb\n' }), TRUSTED)
    const [received] = server.mails
    expect(received?.to).toEqual(['ops@example.com'])
    expect(received?.raw).not.toMatch(/^(?:Bcc|X-Evil):/m)
    expect(received?.raw).toContain('a\r\n.\r\n..\r\nb\r\n')
  })

  it('goes through the proxy of the Provider', async () => {
    const server = await startSmtpServer(certificate)
    const proxy = await startConnectProxy()
    const proxied = { ...TRUSTED, proxyUrl: `http://127.0.0.1:${proxy.port}` }
    expect(await mailer.send(mail(server), proxied)).toMatchObject({ kind: 'sent' })
    expect(proxy.targets).toEqual([`127.0.0.1:${server.port}`])
  })

  it('trusts a proxy with TLS by the roots of the host', async () => {
    const server = await startSmtpServer(certificate)
    const proxy = await startConnectProxy({ tls: certificate })
    const proxied = { timeoutMs: 10_000, proxyUrl: `https://127.0.0.1:${proxy.port}` }
    const ofHost = createMailer({ allowPrivate: true, roots: [authority.ca] })
    expect(await ofHost.send(mail(server), proxied)).toMatchObject({ kind: 'sent' })
    expect(proxy.targets).toEqual([`127.0.0.1:${server.port}`])
  })
})

describe('a server', () => {
  it('without STARTTLS hears neither login nor mail', async () => {
    const server = await startSmtpServer({
      disabledCommands: ['STARTTLS'],
      password: LOGIN.password,
    })
    expect(await mailer.send(mail(server, { login: LOGIN }), TRUSTED)).toMatchObject({
      kind: 'failure',
      cause: 'tls',
      mayHaveArrived: false,
      detail: expect.stringMatching(/^no TLS: 5\d\d /),
    })
    expect(server.mails).toEqual([])
  })

  it.each(['starttls', 'implicit'] as const)(
    'whose certificate nobody trusts hears neither login nor mail (%s)',
    async (tls) => {
      const server = await startSmtpServer({
        ...certificate,
        secure: tls === 'implicit',
        password: LOGIN.password,
      })
      expect(
        await mailer.send(mail(server, { tls, login: LOGIN }), { timeoutMs: 10_000 }),
      ).toMatchObject({ kind: 'failure', cause: 'tls', mayHaveArrived: false })
      expect(server.mails).toEqual([])
    },
  )

  it.each(['starttls', 'implicit'] as const)(
    'whose certificate is for another name is none (%s)',
    async (tls) => {
      const other = await authority.issue({ dnsName: 'other.test', ip: '127.0.0.9' })
      const server = await startSmtpServer({ ...other, secure: tls === 'implicit' })
      expect(await mailer.send(mail(server, { tls }), TRUSTED)).toMatchObject({
        kind: 'failure',
        cause: 'tls',
      })
    },
  )

  it('that refuses the login is not asked again', async () => {
    const server = await startSmtpServer({ ...certificate, password: 'another' })
    expect(await mailer.send(mail(server, { login: LOGIN }), TRUSTED)).toEqual({
      kind: 'refused',
      cause: 'credentials',
      isPassing: false,
      detail: expect.stringContaining('535 5.7.8'),
    })
  })

  it.each([
    ['550 5.1.1 No such user', false],
    ['451 4.7.1 Please come back later', true],
  ])('that answers to every recipient %j refuses the mail', async (answer, isPassing) => {
    const server = await startSmtpServer({ ...certificate, judgeRecipient: () => answer })
    expect(await mailer.send(mail(server), TRUSTED)).toEqual({
      kind: 'refused',
      cause: 'message',
      isPassing,
      detail: answer,
    })
  })

  it('that refuses some of the recipients has the mail for the others', async () => {
    const server = await startSmtpServer({
      ...certificate,
      judgeRecipient: (address) =>
        ({ n: '550 5.1.1 No such user', l: '450 4.7.1 Come back later' })[address[0] ?? ''],
    })
    const to = ['ops@example.com', 'nobody@example.com', 'later@example.com']
    expect(await mailer.send(mail(server, {}, { to }), TRUSTED)).toMatchObject({
      kind: 'sent',
      refused: [
        { address: 'nobody@example.com', said: '550 5.1.1 No such user', isPassing: false },
        { address: 'later@example.com', said: '450 4.7.1 Come back later', isPassing: true },
      ],
    })
    expect(server.mails).toMatchObject([{ to: ['ops@example.com'] }])
  })

  it.each([
    ['552 5.3.4 Too large', false],
    ['452 4.3.1 No room', true],
  ])('that answers to the mail itself %j refuses it', async (answer, isPassing) => {
    const server = await startSmtpServer({ ...certificate, judgeMail: () => answer })
    expect(await mailer.send(mail(server), TRUSTED)).toEqual({
      kind: 'refused',
      cause: 'message',
      isPassing,
      detail: answer,
    })
  })

  it('that takes no mail as long refuses it before it has it', async () => {
    const server = await startSmtpServer({ ...certificate, size: 200 })
    expect(await mailer.send(mail(server), TRUSTED)).toEqual({
      kind: 'refused',
      cause: 'message',
      isPassing: false,
      detail: 'Message size larger than allowed 200',
    })
    expect(server.mails).toEqual([])
  })

  it('that says nothing is given up, and has no mail', async () => {
    const server = await startServer(() => undefined)
    expect(await mailer.send(mail(server), { timeoutMs: 200 })).toMatchObject({
      kind: 'failure',
      cause: 'timeout',
      mayHaveArrived: false,
    })
  })

  it('that does not answer to the mail may have it', async () => {
    const server = await startSmtpServer({ ...certificate, onData: () => undefined })
    expect(await mailer.send(mail(server), { ...TRUSTED, timeoutMs: 1_000 })).toMatchObject({
      kind: 'failure',
      cause: 'timeout',
      mayHaveArrived: true,
    })
  })

  it('that takes nobody for now is tried again', async () => {
    const server = await startServer((socket) => socket.end('554 5.3.2 No service here\r\n'))
    expect(await mailer.send(mail(server), TRUSTED)).toMatchObject({
      kind: 'refused',
      isPassing: true,
      detail: '554 5.3.2 No service here',
    })
  })

  it.each([
    ['nothing', ''],
    ['what is no SMTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ])('that says %s and hangs up has no mail', async (_, said) => {
    const server = await startServer((socket) => socket.end(said))
    expect(await mailer.send(mail(server), TRUSTED)).toMatchObject({
      kind: 'failure',
      mayHaveArrived: false,
    })
  })

  it('that answers a command without a code does not speak SMTP', async () => {
    const server = await startServer((socket) => {
      socket.write('220 mx.example.com\r\n')
      socket.on('data', (line) =>
        socket.write(line.toString().startsWith('EHLO') ? '250 hello\r\n' : 'who is there?\r\n'),
      )
    })
    expect(await mailer.send(mail(server, { tls: 'none' }), TRUSTED)).toMatchObject({
      kind: 'failure',
      cause: 'protocol',
      detail: 'who is there?',
    })
  })
})

describe('an address', () => {
  it('that the guard refuses is not dialled', async () => {
    const server = await startSmtpServer(certificate)
    const guarded = createMailer({ allowPrivate: false })
    expect(await guarded.send(mail(server), TRUSTED)).toMatchObject({
      kind: 'failure',
      cause: 'address-refused',
      mayHaveArrived: false,
    })
    expect(server.connections).toBe(0)
  })

  it('that a name leads to is judged too', async () => {
    const server = await startSmtpServer(certificate)
    const resolve = async () => [{ address: '127.0.0.1', family: 4 as const }]
    const guarded = createMailer({ allowPrivate: false, resolve })
    expect(await guarded.send(mail(server, { host: 'smtp.test' }), TRUSTED)).toMatchObject({
      kind: 'failure',
      cause: 'address-refused',
    })
    expect(server.connections).toBe(0)
  })

  it('where nothing listens is a failure that comes again', async () => {
    expect(await mailer.send(mail({ port: 1 }), TRUSTED)).toMatchObject({
      kind: 'failure',
      cause: 'connect',
      mayHaveArrived: false,
    })
  })
})
