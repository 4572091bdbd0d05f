"""A headless Chromium for tests of pages, driven through chromedriver's HTTP interface (W3C WebDriver).
Python's standard library only."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

SKIPPED = 77

# Without these Chromium asks its maker for updates and settings at every start.
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-extensions", "--hide-scrollbars", "--force-device-scale-factor=1"]

KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Shift": "\ue008", "Escape": "\ue00c", "Space": "\ue00d",
        "PageUp": "\ue00e", "PageDown": "\ue00f", "End": "\ue010", "Home": "\ue011",
        "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015"}


def find_programs():
    """(chromium, chromedriver), or ends the test as skipped and says why."""
    found = []
    for name in ("chromium", "chromedriver"):
        path = shutil.which(name)
        if not path:
            print(f"SKIPPED: there is no {name} here; Debian's packages are chromium and chromium-driver")
            sys.exit(SKIPPED)
        found.append(path)
    return found


class Browser:
    def __init__(self):
        chromium, chromedriver = find_programs()
        self.folder = tempfile.mkdtemp(prefix="wh-page-")
        # Port 0: the driver takes a free one and says which.
        self.log = open(os.path.join(self.folder, "driver.log"), "w+", encoding="utf-8")
        self.driver = subprocess.Popen([chromedriver, "--port=0"], stdout=self.log, stderr=self.log)
        self.base = f"http://127.0.0.1:{self._port()}"
        self.base += "/session/" + self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {"binary": chromium, "args": [
                *FLAGS, f"--user-data-dir={self.folder}/profile"]}}}})["sessionId"]
        self.devtools("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self._call("POST", "/timeouts", {"script": 60000, "pageLoad": 120000})

    def _port(self):
        for _ in range(200):
            with open(self.log.name, encoding="utf-8") as f:
                for line in f:
                    if "on port" in line and "success" in line:
                        return int(line.rstrip(". \n").split()[-1])
            if self.driver.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.log.name, encoding="utf-8") as f:
            raise RuntimeError("chromedriver did not start: " + f.read())

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=180) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            value = json.load(e)["value"]
            raise RuntimeError(f"{value['error']}: {value['message'].splitlines()[0]}") from None

    def close(self):
        try:
            self._call("DELETE", "")
        except (OSError, RuntimeError):
            pass
        self.driver.terminate()
        self.driver.wait(timeout=20)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what a test does -----------------------------------------------------------------------

    def devtools(self, command, **parameters):
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def look_like(self, width=1280, height=900, dark=False, media=""):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def open(self, file):
        """Opens a page and waits until it has drawn itself."""
        self.logs("performance")
        self._call("POST", "/url", {"url": "file://" + os.path.abspath(file)})
        for _ in range(400):
            if self.script("return document.documentElement.dataset.ready === 'true'"):
                self.settle()
                return
            time.sleep(0.05)
        raise RuntimeError(f"{file} did not draw itself: {self.logs('browser')}")

    def settle(self):
        """Until what waits for a size has been drawn."""
        self.wait("requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30)))")

    def script(self, text, *arguments):
        return self._call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def wait(self, text, *arguments):
        """Runs a script that calls done(value)."""
        return self._call("POST", "/execute/async", {
            "script": f"const done = arguments[arguments.length - 1]; {text}", "args": list(arguments)})

    def keys(self, *names):
        """Presses keys one after the other; "Shift+Tab" holds the first."""
        actions = []
        for name in names:
            held = [KEYS.get(k, k) for k in name.split("+")] if len(name) > 1 else [name]
            actions += [{"type": "keyDown", "value": k} for k in held]
            actions += [{"type": "keyUp", "value": k} for k in reversed(held)]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def logs(self, kind):
        return self._call("POST", "/se/log", {"type": kind})

    def requests(self):
        """The addresses that were asked for since the page was opened; none of `data:`."""
        urls = []
        for entry in self.logs("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith("data:"):
                    urls.append(url)
        return urls

    def clipboard(self):
        return self.wait("navigator.clipboard.readText().then(done, e => done('no clipboard: ' + e))")

    def screenshot(self, file, whole=True, clip=None):
        if whole and clip is None:
            size = self.script("return [document.documentElement.clientWidth, document.body.scrollHeight]")
            clip = [0, 0, *size]
        options = {}
        if clip:
            options = {"captureBeyondViewport": True,
                       "clip": dict(zip(("x", "y", "width", "height"), clip), scale=1)}
        png = self.devtools("Page.captureScreenshot", format="png", **options)["data"]
        with open(file, "wb") as f:
            f.write(base64.b64decode(png))
