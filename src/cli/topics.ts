/** What `help TOPIC` tells: pages of docs/, which are part of the package. */

export interface Topic {
  name: string;
  summary: string;
  /** File in docs/, and the section of it that is shown; none: from its beginning. */
  page: string;
  section?: string;
}

export const topics: readonly Topic[] = [
  { name: 'exit-codes', summary: 'what each exit code means', page: 'cli.md', section: 'Exit codes' },
  { name: 'options', summary: 'every option, its commands and default', page: 'cli.md', section: 'Options' },
  {
    name: 'terminals',
    summary: 'width, colours, symbols, JSON',
    page: 'cli.md',
    section: 'Terminals, pipes and colours',
  },
  { name: 'requests', summary: 'fields of a request', page: 'request.md' },
  { name: 'results', summary: 'what a run leaves', page: 'result.md' },
  { name: 'errors', summary: 'how runs fail', page: 'errors.md' },
  { name: 'servers', summary: 'which server is used, and where it comes from', page: 'server.md' },
  { name: 'connections', summary: 'address, TLS, API key, profiles', page: 'connections.md' },
  { name: 'slurm', summary: 'the SLURM backend and its configuration', page: 'slurm.md' },
  { name: 'local', summary: 'the local backend', page: 'local.md' },
  { name: 'recovery', summary: 'which units run again', page: 'recovery.md' },
  { name: 'operating', summary: 'pause, retry, skip, stop', page: 'operating.md' },
  { name: 'files', summary: "files of a run's directory", page: 'files.md' },
  { name: 'troubleshooting', summary: 'messages, what they mean, what to do', page: 'troubleshooting.md' },
];

export const topicNames = topics.map(({ name }) => name);
