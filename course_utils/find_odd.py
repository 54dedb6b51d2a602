"""Find what does not belong: python -m course_utils.find_odd FOLDER

The command itself is `course_utils.pictures.command`.
"""

import sys

from course_utils.pictures.command import main

if __name__ == "__main__":
    sys.exit(main())
