/** Why a text of a Provider or of its Secret cannot be used. It never quotes the text, which may be a secret. */
export interface SettingError {
  readonly error: string
}
