// What the tests ask for: actions of every kind, in the words of an author.

const person = { title: 'Deploy v1.4.2 to production?', text: 'Three services will restart.\nThey are away for about twelve minutes.' };
const facts = [['Service', 'Payments'], ['Amount', '€ 900'], ['Requested at', '2026-11-20 16:05 UTC'], ['Automatic rollback', true]];

export const confirmation = {
  name: 'approve', type: 'success', output: { approved: true },
  confirm: { ...person, facts, label: 'Approve the deployment' },
};

/** Nothing of the author's: the page's own words. */
export const bare = { name: 'approve', type: 'success', output: { approved: true }, confirm: true };

export const strict = {
  name: 'delete', type: 'failure', error: 'deleted',
  confirm: { strict: true, title: 'Delete the database?', label: 'Delete', style: 'danger' },
};

export const heartbeat = { name: 'wait', type: 'heartbeat', confirm: true };

/** Acts on GET, as in version 1. */
export const plain = { name: 'approve', type: 'success', output: { approved: true } };

export const forPrograms = {
  name: 'hook', type: 'post', outcomes: [{ name: 'done', type: 'success', schema: {}, output_body: true }],
};

/** Every kind of field, those that only one button needs and those that are optional. */
export const everyField = {
  name: 'decide', type: 'form', ...person, facts,
  outcomes: [
    {
      name: 'approve', type: 'success', label: 'Approve', style: 'primary', output_body: true,
      schema: {
        type: 'object',
        properties: {
          ticket: { type: 'string', title: 'Ticket', description: 'As in the tracker, for example OPS-12.', pattern: '^OPS-[0-9]+$', maxLength: 20 },
          remark: { type: 'string', format: 'textarea', title: 'Remark', maxLength: 500 },
          day: { type: 'string', format: 'date', title: 'Day' },
          mail: { type: 'string', format: 'email', title: 'Report to' },
          page: { type: 'string', format: 'uri', title: 'Status page' },
          window: { enum: ['morning', 'noon', 'night'], title: 'Window' },
          region: { title: 'Region', oneOf: ['Frankfurt', 'Ireland', 'London', 'Milan', 'Paris', 'Stockholm'].map((title) => ({ const: title.toLowerCase(), title })) },
          servers: { type: 'integer', title: 'Servers', minimum: 1, maximum: 12 },
          share: { type: 'number', title: 'Share of the traffic', description: 'In per cent.', minimum: 0.5, maximum: 100 },
          checks: { type: 'array', title: 'Checks', items: { enum: ['load', 'smoke', 'security'] }, uniqueItems: true },
          begin: { type: 'string', format: 'date-time', title: 'Begin' },
          host: { type: 'string', format: 'ipv4', title: 'Host' },
          step: { type: 'number', title: 'Step', exclusiveMinimum: 0, exclusiveMaximum: 50, multipleOf: 0.5 },
          notify: { type: 'boolean', title: 'Tell everybody when it is done' },
        },
        required: ['ticket', 'day', 'window', 'servers'],
      },
    },
    {
      name: 'reject', type: 'failure', label: 'Reject', style: 'danger', error: 'rejected', cause_path: '$.reason',
      schema: {
        type: 'object',
        properties: { reason: { type: 'string', title: 'Why not?', maxLength: 500 } },
        required: ['reason'],
      },
    },
    { name: 'later', type: 'heartbeat', label: 'Decide later' },
  ],
};

/** No fields and no words of the author's. */
export const bareForm = {
  name: 'decide', type: 'form',
  outcomes: [{ name: 'approve', type: 'success', output: { approved: true } }, { name: 'reject', type: 'failure', error: 'rejected' }],
};

const long = 'Donaudampfschifffahrtsgesellschaftskapitaenspatentverlaengerungsantragsformular';

/** Author's texts without a place to break at, everywhere. */
export const unbroken = {
  name: 'decide', type: 'form', title: long, text: long + long, facts: [[long, long + long], ['URL', `https://example.com/${long}?${long}`]],
  outcomes: [
    {
      name: 'approve', type: 'success', label: long, style: 'primary', output_body: true,
      schema: {
        type: 'object',
        properties: {
          [long.slice(0, 64)]: { type: 'string', description: long },
          one: { enum: [long, 'b'], title: long },
          many: { type: 'array', items: { enum: [long, 'b'] }, title: long, minItems: 1 },
          yes: { type: 'boolean', title: long, enum: [true] },
          list: { enum: [long, '2', '3', '4', '5', '6'], title: long },
        },
        required: ['one', 'many', 'yes', 'list', long.slice(0, 64)],
      },
    },
    { name: 'reject', type: 'failure', label: long, error: 'rejected' },
  ],
};
