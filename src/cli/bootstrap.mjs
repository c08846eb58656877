/**
 * What `npm start` and `npm test` run on a fresh clone: install what is missing, build what is stale, then the program or the tests.
 * Plain JavaScript on Node's own modules, as nothing else is there yet. All its own talk goes to stderr: stdout belongs to the program.
 *
 *   node src/cli/bootstrap.mjs start [arguments of plimsoll]     without arguments: run scenarios/quickstart.yaml
 *   node src/cli/bootstrap.mjs test [arguments of vitest]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lockFile = join(root, 'package-lock.json');
const modules = join(root, 'node_modules');
/** Holds the hash of the package-lock.json that was installed. */
const installStamp = join(modules, '.plimsoll-installed');
const buildInfo = join(root, 'dist', '.tsbuildinfo');
const program = join(root, 'dist', 'cli', 'main.js');
const compiler = join(modules, 'typescript', 'bin', 'tsc');

const QUICKSTART = ['run', join('scenarios', 'quickstart.yaml')];

/** Runs a command to its end, resolves to its exit code. Its output goes to stderr unless it is the program itself. */
function run(command, args, { ownOutput = false, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['inherit', ownOutput ? 'inherit' : 2, 2], shell });
    // The terminal sends Ctrl-C to the child too: the child decides how to end, this process only waits.
    const ignore = () => {};
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', ignore);
    process.on('SIGTERM', forward);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Runs one of the JavaScript tools in node_modules, or the program. */
function runNode(args, options) {
  return run(process.execPath, args, options);
}

/** Runs a step; a failed one ends everything with its exit code. */
async function step(name, promise) {
  const code = await promise;
  if (code === 0) return;
  console.error(`plimsoll: ${name} failed with exit code ${code}`);
  process.exit(code);
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

/** Whether node_modules is what package-lock.json asks for. */
function isInstalled() {
  if (!existsSync(compiler)) return false;
  if (existsSync(installStamp)) return readFileSync(installStamp, 'utf8') === lockHash();
  // Installed by hand: npm leaves a copy of the lock file, newer than the one it read.
  const npmCopy = join(modules, '.package-lock.json');
  return existsSync(npmCopy) && statSync(npmCopy).mtimeMs >= statSync(lockFile).mtimeMs;
}

async function install() {
  if (!isInstalled()) {
    console.error('plimsoll: installing what package-lock.json names (once) …');
    const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
    const npm = process.env.npm_execpath;
    const onWindows = process.platform === 'win32';
    const viaNode = npm !== undefined && /\.[cm]?js$/.test(npm);
    await step(
      'npm ci',
      viaNode ? runNode([npm, ...args]) : run(onWindows ? 'npm.cmd' : 'npm', args, { shell: onWindows }),
    );
  }
  if (!existsSync(installStamp)) writeFileSync(installStamp, lockHash());
}

/** Newest change of a source below a directory, in milliseconds. */
function newestChange(directory) {
  return readdirSync(directory, { withFileTypes: true }).reduce((newest, entry) => {
    const path = join(directory, entry.name);
    return Math.max(newest, entry.isDirectory() ? newestChange(path) : statSync(path).mtimeMs);
  }, statSync(directory).mtimeMs);
}

function isBuilt() {
  if (!existsSync(buildInfo) || !existsSync(program)) return false;
  const configuration = ['tsconfig.json', 'tsconfig.build.json'].map((file) => statSync(join(root, file)).mtimeMs);
  return Math.max(newestChange(join(root, 'src')), ...configuration) <= statSync(buildInfo).mtimeMs;
}

async function build() {
  if (isBuilt()) return;
  console.error('plimsoll: building …');
  // From nothing: a file whose source is gone must not live on.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const code = await runNode([compiler, '-p', 'tsconfig.build.json']);
  // The compiler writes its stamp even where it found errors; such a build is not one.
  if (code !== 0) rmSync(buildInfo, { force: true });
  await step('the build', Promise.resolve(code));
  const now = new Date();
  utimesSync(buildInfo, now, now);
}

/** Arguments of the program: options alone are options of the quickstart. */
function programArguments(args) {
  const [first] = args;
  if (first === undefined) return QUICKSTART;
  const asksForHelp = ['--help', '-h', '--version', '-V'].includes(first);
  return first.startsWith('-') && !asksForHelp ? [...QUICKSTART, ...args] : args;
}

async function start(args) {
  process.exitCode = await runNode([program, ...programArguments(args)], { ownOutput: true });
}

async function test(args) {
  console.error('plimsoll: type check …');
  await step('the type check', runNode([compiler, '-p', 'tsconfig.json', '--noEmit']));
  console.error('plimsoll: lint …');
  await step('the lint', runNode([join(modules, '@biomejs', 'biome', 'bin', 'biome'), 'check', '.']));
  process.exitCode = await runNode([join(modules, 'vitest', 'vitest.mjs'), 'run', ...args], { ownOutput: true });
}

const [task, ...args] = process.argv.slice(2);
const tasks = { start, test };
if (!Object.hasOwn(tasks, task ?? '')) {
  console.error(`plimsoll: bootstrap knows ${Object.keys(tasks).join(' and ')}, not ${task ?? 'nothing'}`);
  process.exit(2);
}
await install();
await build();
await tasks[task](args);
