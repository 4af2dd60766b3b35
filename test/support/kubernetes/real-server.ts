import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { type ApiAdmin, createApiAdmin } from './api-admin.ts'
import { type SupervisedProcess, startSupervised } from './supervised-process.ts'
import { freePort } from './tcp-gate.ts'

/** A real API server on loopback, with its own etcd. */
export interface RealServer {
  readonly port: number
  /** PEM text. */
  readonly ca: string
  readonly admin: ApiAdmin
  /** Path of the audit log: a JSON text a line. */
  readonly auditLog: string
  /** Ends the API server and starts it again, on the same port. */
  restart(): Promise<void>
  /** Makes etcd forget what was before the last write. */
  compact(): Promise<void>
  /** Ends both and removes their files. */
  stop(): Promise<void>
}

export interface Identity {
  readonly user: string
  readonly token: string
}

const ADMIN_TOKEN = 'token-of-the-admin'

/** One for each cluster that a test file starts: a token cannot be added while the server runs. */
const USERS = 500

const START_WITHIN_MS = 60_000

/** A user without rights; the same number gives the same one. */
export function identityOf(index: number): Identity {
  if (index >= USERS) throw new Error(`a test file can start ${USERS} real clusters`)
  return { user: `shipper-${index}`, token: `token-of-the-test-${index}` }
}

/** Starts both from the folder that `KUBEBUILDER_ASSETS` names. Rejects when they do not start. */
export async function startRealServer(assets: string): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-kube-'))
  const [port, etcdPort, peerPort] = [await freePort(), await freePort(), await freePort()]
  writeFiles(folder)
  const etcd = startSupervised({
    program: join(assets, 'etcd'),
    args: etcdArguments(folder, etcdPort, peerPort),
    log: join(folder, 'etcd.log'),
  })
  const startApi = () =>
    startSupervised({
      program: join(assets, 'kube-apiserver'),
      args: apiArguments(folder, port, etcdPort),
      log: join(folder, 'kube-apiserver.log'),
    })
  let api = startApi()
  const stop = async () => {
    await api.stop()
    await etcd.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const ca = await certificateOf(folder, api)
    const admin = createApiAdmin({ url: `https://127.0.0.1:${port}`, ca }, ADMIN_TOKEN)
    await untilReady(admin, [etcd, api])
    return {
      port,
      ca,
      admin,
      auditLog: join(folder, 'audit.log'),
      async restart() {
        await api.stop()
        api = startApi()
        await untilReady(admin, [etcd, api])
      },
      compact: () => compact(admin, etcdPort),
      async stop() {
        await admin.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function writeFiles(folder: string): void {
  mkdirSync(join(folder, 'certs'))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(join(folder, 'service-accounts.key'), key)
  const users = Array.from({ length: USERS }, (_, index) => identityOf(index))
  const lines = users.map(({ user, token }) => `${token},${user},${user}`)
  const tokens = [`${ADMIN_TOKEN},admin,admin,system:masters`, ...lines]
  writeFileSync(join(folder, 'tokens.csv'), `${tokens.join('\n')}\n`)
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'None', userGroups: ['system:masters'] }, { level: 'Metadata' }],
  }
  writeFileSync(join(folder, 'audit.yaml'), JSON.stringify(policy))
}

function etcdArguments(folder: string, port: number, peerPort: number): readonly string[] {
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`]
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]
}

/** https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ */
function apiArguments(folder: string, port: number, etcdPort: number): readonly string[] {
  const key = join(folder, 'service-accounts.key')
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'certs')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    // Nothing here makes service accounts.
    '--disable-admission-plugins=ServiceAccount',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    `--audit-policy-file=${join(folder, 'audit.yaml')}`,
    `--audit-log-path=${join(folder, 'audit.log')}`,
    '--shutdown-delay-duration=0s',
  ]
}

/** That the API server makes for itself, with the authority that signed it. */
async function certificateOf(folder: string, api: SupervisedProcess): Promise<string> {
  const until = Date.now() + START_WITHIN_MS
  for (;;) {
    const text = readIfThere(join(folder, 'certs', 'apiserver.crt'))
    if (text.split('-----END CERTIFICATE-----').length === 3) return text
    await nextTry([api], until)
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

async function untilReady(admin: ApiAdmin, processes: readonly SupervisedProcess[]): Promise<void> {
  const until = Date.now() + START_WITHIN_MS
  for (;;) {
    const isReady = await admin.send('GET', '/readyz').then(
      () => true,
      () => false,
    )
    if (isReady) return
    await nextTry(processes, until)
  }
}

async function nextTry(processes: readonly SupervisedProcess[], until: number): Promise<void> {
  const ended = processes.find(({ hasEnded }) => hasEnded)
  if (ended) throw new Error(`it ended: ${ended.lastOutput()}`)
  const [first] = processes
  if (Date.now() > until) throw new Error(`it does not start: ${first?.lastOutput()}`)
  await sleep(50)
}

/** https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/ */
async function compact(admin: ApiAdmin, etcdPort: number): Promise<void> {
  const { body } = await admin.send('GET', '/api/v1/namespaces?limit=1')
  const { resourceVersion } = body.metadata as { readonly resourceVersion: string }
  const answer = await request(`http://127.0.0.1:${etcdPort}/v3/kv/compaction`, {
    method: 'POST',
    body: JSON.stringify({ revision: resourceVersion, physical: true }),
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 200) throw new Error(`etcd does not compact: ${text}`)
}
