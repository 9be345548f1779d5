"""Which modules are imported ahead."""

from .modules import names_beside
from .scan import likely_imports, weight_of


class Lists:
    """The root's lists of modules."""

    def modules_of(self, script):
        """What a script is expected to import, without what cannot be imported ahead.

        A base that was made before a refusal does not know of it: so its nodes are given lists that hold none.
        """
        cache = self.shared.cache
        modules = cache.scripts.get(script)
        if not modules:
            if script not in self.scans:
                self.scans[script] = likely_imports(script)
            modules = self.scans[script]
        return [module for module in modules if not cache.is_refused(module[0])]

    def shared_modules(self):
        """What most known scripts import, for those that import all of it; None where too few do."""
        rest = [self.modules_of(script) for script in self.scripts]
        if not rest:
            return None
        modules = max(rest, key=weight_of)
        rest.remove(modules)
        best, best_count, count = modules, 1, 1
        while rest:
            # The one that takes the least away comes next; what counts is how much is saved for how many.
            cut = [[module for module in modules if module[0] in names] for names in ({n for n, _ in other} for other in rest)]
            place = max(range(len(cut)), key=lambda place: weight_of(cut[place]))
            modules, count = cut[place], count + 1
            del rest[place]
            if weight_of(modules) * (count - 1) >= weight_of(best) * (best_count - 1):
                best, best_count = modules, count
        modules, count = best, best_count
        local = set()
        for script in self.scripts:
            local |= names_beside(script)
        modules = [module for module in modules if module[0].partition(".")[0] not in local]
        return modules if count > 1 and modules else None

    def fits_base(self, script, modules):
        if self.base.modules is None or not self.base.ready or self.base.spoiled:
            return False
        own = {name for name, _ in modules}
        beside = names_beside(script)
        return self.base_names <= own and not any(name.partition(".")[0] in beside for name in self.base_names)
