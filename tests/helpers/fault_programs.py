"""Programs and modules that fail, as texts of Python."""

FAILING_AOFLAGGER = """
class AOFlagger:
    def load_strategy_file(self, path):
        return self
    def make_image_set(self, *shape):
        return self
    def make_flag_mask(self, *shape):
        return self
    def set_image_buffer(self, number, values):
        pass
    def set_buffer(self, values):
        pass
    def run(self, image, mask):
        raise RuntimeError("the script has no function execute")
"""
FAILING_CASA = """
class casalog:
    def setlogfile(path):
        pass
def bandpass(**options):
    raise RuntimeError("the calibrater is closed")
"""
