// Training on several processes that MPI connects. Skipped where there is no mpirun, or the programs were built without MPI.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const environment = {
  ...process.env,
  // Tests may run as root, as in a container, on fewer cores than there are processes, and without a network.
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  OMPI_MCA_hwloc_base_binding_policy: 'none',
  OMPI_MCA_btl: 'self,vader',
  OMPI_MCA_btl_vader_single_copy_mechanism: 'none',
  OMPI_MCA_plm: 'isolated',
  OMP_WAIT_POLICY: 'passive',
};

/** @param {number} count of processes @param {string[]} words */
const mpirun = (count, ...words) =>
  spawnSync('mpirun', ['-n', `${count}`, ...words], { env: environment, encoding: 'utf8', timeout: 120_000 });

const probe = mpirun(2, 'build/tests/test_parallel');
/** @type {string | false} */
const skip = probe.error ? 'there is no mpirun' : probe.status === 77 ? 'built without MPI' : false;

test('processes agree, add up and tell each other what they should', { skip }, () => {
  for (const count of [2, 3]) {
    const { status, stdout, stderr } = mpirun(count, 'build/tests/test_parallel');
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`^${count} processes$`, 'm'));
  }
});

test('without mpirun nothing of MPI is touched', { skip }, () => {
  // It could not be initialised.
  const env = { ...environment, OMPI_MCA_btl: 'none-such' };
  assert.equal(spawnSync('build/tests/test_parallel', { env }).status, 0);
  assert.notEqual(spawnSync('mpirun', ['-n', '2', 'build/tests/test_parallel'], { env }).status, 0);
});
