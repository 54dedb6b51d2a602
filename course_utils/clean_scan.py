"""Clean a scanned page: python -m course_utils.clean_scan in.png out.png

The command itself is `course_utils.documents.command`.
"""

import sys

from course_utils.documents.command import main

if __name__ == "__main__":
    sys.exit(main())
