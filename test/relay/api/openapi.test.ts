import { describe, expect, it } from 'vitest'
import {
  API_PAGE_FILE,
  apiPage,
  OPENAPI_FILE,
  openApiText,
} from '../../../docs/generate/api-page.ts'
import { readProjectFile } from '../../../docs/generate/project.ts'
import { breakingChanges } from './breaking-changes.ts'

const RELEASED = JSON.parse(readProjectFile('openapi.released.json'))

describe('the document of the API', () => {
  it('is what the schemas and operations say: run npm run docs', () => {
    expect(readProjectFile(OPENAPI_FILE)).toBe(openApiText())
    expect(readProjectFile(API_PAGE_FILE)).toBe(apiPage())
  })

  it('breaks nothing that the released one promises', () => {
    expect(breakingChanges(RELEASED, JSON.parse(openApiText()))).toEqual([])
  })
})

describe('a breaking change', () => {
  const changed = (change: (api: ReturnType<typeof JSON.parse>) => void) => {
    const next = structuredClone(RELEASED)
    change(next)
    return breakingChanges(RELEASED, next)
  }

  it.each([
    [
      'an operation that is gone',
      (api: typeof RELEASED) => delete api.paths['/v1/deliveries'].get,
      ['GET /v1/deliveries is gone'],
    ],
    [
      'a field that is gone',
      (api: typeof RELEASED) => delete api.components.schemas.Readiness.properties.message,
      ['Readiness.message is gone'],
    ],
    [
      'a field that may be missing',
      (api: typeof RELEASED) => api.components.schemas.AppliedConfig.required.shift(),
      ['AppliedConfig.revision may be missing now'],
    ],
    [
      'a field that a client has to send',
      (api: typeof RELEASED) => api.components.schemas.ConfigSet.required.push('cluster'),
      ['ConfigSet.cluster is required now'],
    ],
    [
      'another type',
      (api: typeof RELEASED) => {
        api.components.schemas.ReceivedEvents.properties.accepted.type = 'string'
      },
      ['ReceivedEvents.accepted is of another type'],
    ],
    [
      'a problem code that is gone',
      (api: typeof RELEASED) => {
        const { responses } = api.paths['/v1/clusters/{cluster}/config'].put
        responses['409'].description = responses['409'].description.replace('stale-config', 'stale')
      },
      ['PUT /v1/clusters/{cluster}/config has the problem stale-config no more'],
    ],
    [
      'other credentials',
      (api: typeof RELEASED) => {
        api.paths['/v1/deliveries'].get.security = [{ clusterToken: [] }]
      },
      ['GET /v1/deliveries wants other credentials'],
    ],
  ])('is %s', (_, change, found) => {
    expect(changed(change)).toEqual(found)
  })

  it('is no more that a request may have, but more that an answer may have', () => {
    const found = changed((api) => {
      api.components.schemas.Event.properties.message.type = ['string', 'null']
      api.components.schemas.Readiness.properties.message.type = ['string', 'null']
    })
    expect(found).toEqual(['Readiness.message is of another type'])
  })

  it('is no name more of a field that may hold any text, but a name less', () => {
    const [names] = RELEASED.components.schemas.Delivery.properties.outcome.anyOf
    const withNames = (values: readonly string[]) =>
      changed((api) => {
        api.components.schemas.Delivery.properties.outcome.anyOf[0].enum = values
      })
    expect(withNames([...names.enum, 'more'])).toEqual([])
    expect(withNames(names.enum.slice(1))).toEqual(['Delivery.outcome is of another type'])
    const closed = changed((api) => api.components.schemas.Delivery.properties.outcome.anyOf.pop())
    expect(closed).toEqual(['Delivery.outcome is of another type'])
  })

  it('is no field that comes, nor another text', () => {
    const found = changed((api) => {
      api.components.schemas.Delivery.properties.silencedBy = { type: 'string' }
      api.paths['/v1/deliveries'].get.summary = 'Lists.'
      api.info.version = '9.0.0'
    })
    expect(found).toEqual([])
  })
})
