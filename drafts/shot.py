import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    b=p.chromium.launch(executable_path="/usr/bin/chromium",args=["--no-sandbox"]); pg=b.new_page(viewport={"width":960,"height":int(sys.argv[3]) if len(sys.argv)>3 else 480}); pg.goto(sys.argv[1]); pg.screenshot(path=sys.argv[2]); b.close()
