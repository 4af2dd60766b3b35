import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const ENDPOINT = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }
const REGION = { AWS_REGION: 'eu-central-1' }

describe('npm run test:aws', () => {
  it.each([
    ['no endpoint', {}, [], 'AWS_ENDPOINT_URL is not set'],
    ['an empty endpoint', { AWS_ENDPOINT_URL: '', ...REGION }, [], 'AWS_ENDPOINT_URL is not set'],
    ['no region', ENDPOINT, [], 'AWS_REGION is not set'],
    ['no region of an account', {}, ['--account'], 'AWS_REGION is not set'],
    ['an account at an endpoint', { ...ENDPOINT, ...REGION }, ['--account'], 'is no AWS account'],
  ])('runs nothing with %s, and says so in a line', (_, env, args, problem) => {
    const run = spawnSync(process.execPath, ['test/aws/run.ts', ...args], { env, encoding: 'utf8' })
    expect(run.stderr).toMatch(/^test:aws: .*\n$/)
    expect(run.stderr).toContain(problem)
    expect([run.status, run.stdout]).toEqual([2, ''])
  })
})
