/**
 * The Markdown that CloudWatch shows when the widget is added to a dashboard. Its last block of
 * YAML is used as the parameters.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
export const DESCRIPTION = `## Failed deliveries of flux-relay
The newest deliveries that are dead or wait for a retry, 50 of each. A click on an object shows the delivery and its id.

### Parameters
Param | Description
---|---
**list** | \`true\` for all clusters that ever sent a configuration, or \`cluster\` with the name of one.

### Example parameters
\`\`\` yaml
list: true
\`\`\`
`
