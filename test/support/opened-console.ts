import { PROGRAM, startProgram } from './relay-process.ts'
import { waitFor } from './wait-for.ts'

/** Starts `flux-relay console` with these options, and logs in by the address that it prints. */
export async function openConsole(
  options: readonly string[],
  environment: Readonly<Record<string, string>>,
) {
  const program = startProgram(process.execPath, [PROGRAM, 'console', ...options], {
    environment: { FLUX_RELAY_CONFIG: '/dev/null', ...environment },
  })
  const address = await waitFor(() => {
    const [line] = program.lines()
    if (line === undefined) throw new Error(`it says no address: ${program.stderr()}`)
    return line
  })
  const { origin } = new URL(address)
  const opened = await fetch(address, { redirect: 'manual' })
  const Cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
  const get = async (path: string) => {
    const reply = await fetch(`${origin}/console/${path}`, { headers: { Cookie } })
    return { status: reply.status, text: await reply.text() }
  }
  const post = (path: string, form: Readonly<Record<string, string>>) =>
    fetch(`${origin}/console/${path}`, {
      ...{ method: 'POST', headers: { Cookie, Origin: origin }, redirect: 'manual' },
      body: new URLSearchParams(form),
    })
  return { program, address, origin, opened, Cookie, get, post }
}
