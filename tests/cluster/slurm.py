# SPDX-License-Identifier: GPL-2.0-only
"""A Slurm cluster of one node on the loopback, in a folder.

Its munged has a key and a socket of its own; slurmctld and slurmd have free ports.
Nothing under /etc is read or written.  All three are children of this process,
and are ended by it.
"""

import os
import pwd
import signal
import socket
import subprocess
import time

CONFIGURATION = """\
ClusterName=lapicsim
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=300
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(nr):
    taken = [socket.socket() for _ in range(nr)]
    for s in taken:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in taken]
    for s in taken:
        s.close()
    return ports


class Slurm:

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []
        for name in ("state", "spool"):
            os.makedirs(os.path.join(folder, name))
        with open(self.path("munge.key"), "wb", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(os.urandom(128))
        with open(self.path("slurm.conf"), "w", encoding="utf-8") as f:
            f.write(CONFIGURATION.format(
                host=socket.gethostname().split(".")[0], folder=folder, ports=free_ports(2),
                user=pwd.getpwuid(os.getuid()).pw_name, cpus=len(os.sched_getaffinity(0))))
        self.environment = {**os.environ, "SLURM_CONF": self.path("slurm.conf")}

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        munge = [self.path("munge." + name) for name in ("key", "socket", "pid", "log", "seed")]
        self.daemon("/usr/sbin/munged", "--foreground", "--key-file", munge[0], "--socket", munge[1],
                    "--pid-file", munge[2], "--log-file", munge[3], "--seed-file", munge[4])
        deadline = time.monotonic() + 120
        while not os.path.exists(munge[1]) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.daemon("/usr/sbin/slurmctld", "-D", "-i")
        self.daemon("/usr/sbin/slurmd", "-D")
        deadline = time.monotonic() + 300
        while self.command("sinfo", "--noheader", "--format=%T", check=False).strip() != "idle":
            if time.monotonic() > deadline or any(d.poll() is not None for d in self.daemons):
                raise RuntimeError("no Slurm came up:\n" + self.logs())
            time.sleep(0.2)

    def daemon(self, *words):
        with open(self.path(os.path.basename(words[0]) + ".out"), "w", encoding="utf-8") as out:
            self.daemons.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                 cwd=self.folder, env=self.environment))

    def command(self, *words, check=True, cwd=None):
        p = subprocess.run(words, text=True, capture_output=True, check=False, timeout=300, cwd=cwd,
                           env=self.environment)
        if check and p.returncode:
            raise RuntimeError("%s: %s\n%s" % (" ".join(words), p.stderr, self.logs()))
        return p.stdout

    def logs(self):
        text = ""
        for name in ("munged.out", "slurmctld.out", "slurmd.out", "slurmctld.log", "slurmd.log"):
            if os.path.exists(self.path(name)):
                with open(self.path(name), encoding="utf-8", errors="replace") as f:
                    text += "--- %s\n%s" % (name, "".join(f.readlines()[-25:]))
        return text

    def stop(self):
        """Jobs first: their shepherds are no children of ours."""
        if len(self.daemons) == 3:
            self.command("scancel", "--user", pwd.getpwuid(os.getuid()).pw_name, check=False)
            deadline = time.monotonic() + 30
            while self.command("squeue", "--noheader", check=False).strip() and time.monotonic() < deadline:
                time.sleep(0.2)
        for d in reversed(self.daemons):
            d.send_signal(signal.SIGTERM)
            try:
                d.wait(timeout=20)
            except subprocess.TimeoutExpired:
                d.kill()
                d.wait()
