import { describe, expect, it } from 'vitest'
import { manifestErrorText } from '../../../../hosts/embedded/manifests/manifest-error.ts'
import { loadFiles, secretYaml } from '../../../support/manifest-files.ts'

async function notesOf(text: string) {
  const { notes, problems } = await loadFiles({ 's.yaml': text })
  expect(problems).toEqual([])
  return notes.map(manifestErrorText)
}

describe('the notes on a Secret', () => {
  it('name the field that is nearly stringData', async () => {
    expect(await notesOf(secretYaml('s', 'stringdata:\n  token: hunter2'))).toEqual([
      's.yaml:6: Secret/flux-system/s: stringdata: is ignored, there is no such field; did you mean stringData?',
    ])
  })

  it('name a key that stands beside stringData', async () => {
    const body = 'stringData:\naddress: https://hunter2.example\ntls.crt: x'
    expect(await notesOf(secretYaml('s', body))).toEqual([
      's.yaml:7: Secret/flux-system/s: address: is ignored, it has to stand below stringData',
      's.yaml:8: Secret/flux-system/s: tls.crt: is ignored, it has to stand below stringData',
    ])
  })

  it('show no other name, which may be a value, and are one for all of these', async () => {
    const kept = 'the keys of a Secret stand below stringData or data'
    expect(await notesOf(secretYaml('s', 'stringData: {}\nhunter2: token'))).toEqual([
      `s.yaml:7: Secret/flux-system/s: has a field that is ignored; ${kept}`,
    ])
    const many = Array.from({ length: 20_000 }, (_, index) => `hunter${index}: token`).join('\n')
    expect(await notesOf(secretYaml('s', `stringData: {}\n${many}`))).toEqual([
      `s.yaml:7: Secret/flux-system/s: has 20000 fields that are ignored; ${kept}`,
    ])
  })

  it('name the line within a List', async () => {
    const item = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, token: 'hunter2' }
    const list = { apiVersion: 'v1', kind: 'List', items: [item] }
    expect(await notesOf(JSON.stringify(list, null, 2))).toEqual([
      's.yaml:11: Secret/default/s: token: is ignored, it has to stand below stringData',
    ])
  })

  it('are none on the fields of a Secret', async () => {
    const body = 'type: Opaque\nimmutable: true\ndata: {token: YQ==}\nstringData: {address: x}'
    expect(await notesOf(secretYaml('s', body))).toEqual([])
  })
})
