"""How much the servers of a worker may have."""

import os
import time

from .processes import lives, memory_of, write_whole


class Memory:
    """The root's share."""

    def limit_memory(self):
        """Least used first. Servers beside this one count as well: each writes down what it has. 0: the job's limit is enough."""
        if not self.max_bytes:
            return
        records = [record for record in self.by_number.values() if record.ready and record.pid]
        sizes = {record.number: memory_of(record.pid) for record in records}
        own = sum(sizes.values()) + (memory_of(self.base.child) if self.base is not None and self.base.child else 0)
        write_whole(self.folder + "/usage", "%d %d\n" % (own, time.time() - (time.monotonic() - self.used)))
        others = self.usage_of_others()
        total = own + sum(size for size, _ in others)
        for record in sorted(records, key=lambda record: record.used):
            if total <= self.max_bytes:
                return
            if record.running or record.waiting:
                continue
            if others and min(used for _, used in others) < time.time() - (time.monotonic() - self.used):
                return  # Another server has not been used for longer: it is the one to make room.
            self.say("dropped for its memory: " + record.script)
            self.drop(record)
            total -= sizes[record.number]
        if total > self.max_bytes and not any(record.running for record in records):
            self.ending = True

    def usage_of_others(self):
        found = []
        above = os.path.dirname(self.folder)
        for name in os.listdir(above):
            if os.path.join(above, name) == self.folder:
                continue
            try:
                with open("%s/%s/pid" % (above, name)) as file:
                    if not lives(*file.read().split()):
                        continue
                with open("%s/%s/usage" % (above, name)) as file:
                    size, used = file.read().split()
                found.append((int(size), int(used)))
            except (OSError, ValueError, TypeError):
                continue
        return found
