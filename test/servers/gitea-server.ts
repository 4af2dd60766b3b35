import { execFile } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { spawnServer } from '../support/server-process.ts'
import { closedPort } from '../support/servers.ts'
import { waitFor } from '../support/wait-for.ts'
import { GiteaApi } from './gitea-api.ts'
import { runUser } from './run-user.ts'

const OWNER = { username: 'ana', password: 'a long password' }

/** A Gitea of its own on 127.0.0.1: who starts it stops it. */
export interface GiteaServer {
  /** Where it is, with the folder that it is under. */
  readonly url: string
  /** As its administrator. */
  readonly api: GiteaApi
  stop(): Promise<void>
}

/** Starts one, under a folder of its host where one is given: `/git`. */
export async function startGitea(folder = ''): Promise<GiteaServer> {
  const user = runUser()
  const program = join(inject('gitea'), 'gitea')
  const workPath = mkdtempSync(join(tmpdir(), 'flux-relay-gitea-work-'))
  const port = await closedPort()
  const url = `http://127.0.0.1:${port}${folder}`
  const config = join(workPath, 'app.ini')
  writeFileSync(config, configuration(workPath, port, url))
  for (const path of [workPath, config]) chownSync(path, user.uid ?? -1, user.gid ?? -1)

  const { PATH } = process.env
  const options = { cwd: workPath, ...user, env: { PATH, HOME: workPath } }
  const flags = ['--config', config]
  const server = spawnServer(program, ['web', ...flags], options, /Starting new Web server/)
  const stop = async () => {
    await server.stop()
    rmSync(workPath, { recursive: true, force: true })
  }
  try {
    await server.ready
    await waitFor(async () => {
      if (!(await fetch(`${url}/api/healthz`)).ok) throw new Error('Gitea is not healthy')
    })
    await promisify(execFile)(program, [...CREATE_OWNER, ...flags], options)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, api: new GiteaApi(url, OWNER), stop }
}

/** https://docs.gitea.com/administration/command-line#admin */
const CREATE_OWNER = [
  ...['admin', 'user', 'create', '--admin', '--must-change-password=false'],
  ...['--username', OWNER.username, '--password', OWNER.password, '--email', 'ana@gitea.test'],
]

/** https://docs.gitea.com/administration/config-cheat-sheet */
function configuration(workPath: string, port: number, url: string): string {
  return `
WORK_PATH = ${workPath}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = ${url}/
LOCAL_ROOT_URL = ${url}/
USE_SUB_URL_PATH = true
STATIC_ROOT_PATH = ${inject('gitea')}
OFFLINE_MODE = true
DISABLE_SSH = true
[database]
DB_TYPE = sqlite3
[security]
INSTALL_LOCK = true
SECRET_KEY = a key
[log]
LEVEL = Info
[cron]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
`
}
