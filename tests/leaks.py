"""What no published file may contain: traces of the machine it was made on."""

import re

# The first part keeps out web addresses, relative paths and base64 data.
MACHINE_PATH = re.compile(
    r"(?<![\w+/=.~-])(?:file://)?/(?:root|home|Users|work|tmp|opt|mnt|private|var/folders)/[\w.]"
    r"|\b[A-Z]:\\+Users\\+\w"
)
PACKAGE_HOST = re.compile(r"\b(?:py(?:pi|thonhosted)|anaconda|jfrog|devpi|mirrors?)\w*\.\w")
