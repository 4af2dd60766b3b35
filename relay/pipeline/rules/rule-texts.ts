import type { Template } from '../../cel/template.ts'
import type { FieldError } from '../../model/errors.ts'
import { annotationField } from '../../model/rule-annotations.ts'
import type { ProviderType } from '../../providers/contract.ts'
import { isAboutCommits } from '../commit-result.ts'
import type { Field } from './fields.ts'
import type { Link } from './link.ts'
import type { ThreadRule } from './thread-rule.ts'

/** What the message of a delivery shall say, where it shall lead, and in which thread it shall be. */
export interface RuleTexts {
  readonly title?: Template
  readonly text?: Template
  readonly fields?: readonly Field[]
  readonly link?: Link
  readonly thread?: ThreadRule
}

/** The texts that the notifications of a type have no place for. */
export function textMisfits(rules: RuleTexts, type: ProviderType): readonly FieldError[] {
  const shown = {
    title: type.hasTitle === true,
    // By the metadata it finds its commit.
    fields: !isAboutCommits(type),
    link: type.hasLink === true,
  }
  return (['title', 'fields', 'link'] as const)
    .filter((name) => rules[name] !== undefined && !shown[name])
    .map((name) => {
      const instead = name === 'link' && shown.fields ? 'fields' : 'text'
      const message = `what ${type.type} takes has no ${name}; remove the annotation, or use ${instead}`
      return { field: annotationField(name), message }
    })
}

/** The texts for a delivery: those of the Alert, or else of its Provider. */
export function textsFor(alert: RuleTexts, provider: RuleTexts): RuleTexts | undefined {
  const title = alert.title ?? provider.title
  const text = alert.text ?? provider.text
  const fields = alert.fields ?? provider.fields
  const link = alert.link ?? provider.link
  const thread = alert.thread ?? provider.thread
  if (!(title || text || fields || link || thread)) return undefined
  return {
    ...(title && { title }),
    ...(text && { text }),
    ...(fields && { fields }),
    ...(link && { link }),
    ...(thread && { thread }),
  }
}
