"""In place of a server: answers one stub, a few bytes at a time. Argument: the server's folder."""

import os
import subprocess
import sys
import time

folder = sys.argv[1]


def start_time(pid):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()[19]


def slowly(fd, text):
    for at in range(0, len(text), 3):
        os.write(fd, text[at : at + 3].encode())
        time.sleep(0.15)


if os.path.exists(folder + "/requests"):
    os.unlink(folder + "/requests")
os.mkfifo(folder + "/requests")
requests = open(os.open(folder + "/requests", os.O_RDWR))
with open(folder + "/pid", "w") as file:
    file.write("%d %s\n" % (os.getpid(), start_time(os.getpid())))
_, pid, ticket, *_ = requests.readline().split("\t")
os.unlink(ticket)
unit = subprocess.Popen(["sleep", "60"])
reply = os.open("/proc/%s/fd/3" % pid, os.O_WRONLY)
slowly(reply, "W\n")
slowly(reply, "P %d %s\n" % (unit.pid, start_time(unit.pid)))
unit.kill()
unit.wait()
slowly(reply, "E 3\n")
