"""A real WordPress for the tests: Debian's package on MariaDB and PHP's own web server.

The connector's promises (no false deletion, no lost edit) are only worth what a real server says,
so this one is installed from scratch for every test session and thrown away afterwards.

What holds:

* Only a loopback port is opened. The database listens on a socket in a private directory.
* Nothing outlives the tests. A caretaker process holds one end of a pipe; when the other end
  closes, because `stop` was called or because the tests died of whatever signal, it kills the
  whole process group (PHP forks workers that survive their parent) and removes the directory.
* A missing package is an error, never a skip: a silent skip in CI would be a test that lies.
"""

from __future__ import annotations

import getpass
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import httpx

INSTALL_SCRIPT = "tests/servers/install"
_WORDPRESS = Path("/usr/share/wordpress")
_THEME = _WORDPRESS / "wp-content" / "themes" / "twentytwentythree"
_PROGRAMS = ("mariadb-install-db", "mariadbd", "mariadb", "php")
_PHP_MODULES = ("curl", "dom", "gd", "mbstring", "mysqli")
_READY_WITHIN = 60.0

_CARETAKER = """
read -r _
kill -s KILL -- "-$1"
rm -rf -- "$2" || { sleep 1; rm -rf -- "$2"; }
"""

_CONFIG = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:@SOCKET@');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_HOME', '@URL@');
define('WP_SITEURL', '@URL@');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
define('WP_ENVIRONMENT_TYPE', 'local'); // application passwords over plain http
foreach (array('AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE') as $name) {
    define($name . '_KEY', $name . '-key-of-a-throwaway-site');
    define($name . '_SALT', $name . '-salt-of-a-throwaway-site');
}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
"""

_PLUGIN = """<?php
// A script must be able to post many comments a second, as a visitor, without mail being tried.
add_filter('comment_flood_filter', '__return_false');
add_filter('wp_is_comment_flood', '__return_false', 99);
add_filter('duplicate_comment_id', '__return_false');
add_filter('rest_allow_anonymous_comments', '__return_true');
add_filter('pre_wp_mail', '__return_true');
"""

_ROUTER = """<?php
// As Apache's rewrite rules do: files (media) are served as they are, the rest is WordPress'.
$path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
if (is_file($_SERVER['DOCUMENT_ROOT'] . $path)
    || is_file($_SERVER['DOCUMENT_ROOT'] . rtrim($path, '/') . '/index.php')
    && $path !== '/') {
    return false;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
chdir($_SERVER['DOCUMENT_ROOT']);
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
"""

_INSTALL = """
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Testköpings kommun', 'arkivarie', 'arkivarie@example.invalid', true, '', 'lösen');
foreach (array(1, 2, 3) as $sample) {
    wp_delete_post($sample, true);
}
update_option('timezone_string', 'Europe/Stockholm'); // local time differs from GMT, as at home
update_option('comment_moderation', 0);
update_option('comment_previously_approved', 0);
update_option('comment_max_links', 0); // any number of links is approved
update_option('comments_notify', 0);
update_option('moderation_notify', 0);
$wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%postname%/');
$wp_rewrite->flush_rules(false);
$passwords = array();
foreach (array('harvester', 'administrator') as $name) {
    list($password) =
        WP_Application_Passwords::create_new_application_password(1, array('name' => $name));
    $passwords[$name] = WP_Application_Passwords::chunk_password($password);
}
echo json_encode($passwords);
"""


class ServerNotInstalled(RuntimeError):
    """Something the server is made of is missing on this machine."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(
            f"The server tests need {', '.join(missing)}, which this machine lacks."
            f" Run {INSTALL_SCRIPT} and try again."
        )


class ServerDidNotStart(RuntimeError):
    """A server process ended, or never answered; the message ends with its log."""

    def __init__(self, what: str, log: Path) -> None:
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else "(no log)"
        super().__init__(f"{what}. The end of its log:\n{tail}")


@dataclass(slots=True)
class _Processes:
    """The one process group everything runs in, and the caretaker who ends it."""

    php: subprocess.Popen[bytes]
    caretaker: subprocess.Popen[bytes]
    database: subprocess.Popen[bytes] | None = None


class WordPressServer:
    """A WordPress on a free loopback port for as long as the `with` block lasts.

    `user` is an administrator and `app_password` the application password meant for the harvester.
    `admin_password` is a second one for the test's own hand (`WordPressAdmin`), so that a test can
    revoke the harvester's and still go on changing the site.
    """

    user = "arkivarie"

    def __init__(self, workers: int = 2) -> None:
        self._workers = workers
        self._running: _Processes | None = None
        self._directory = Path()
        self.address = ""
        self.app_password = ""
        self.admin_password = ""

    @property
    def url(self) -> str:
        """The site's address, without a final slash."""
        return f"http://{self.address}"

    @property
    def uploads(self) -> Path:
        """Where WordPress keeps uploaded files: the bytes a harvested copy must equal."""
        return self._site / "wp-content" / "uploads"

    def __enter__(self) -> WordPressServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Build the site and wait until its API answers, or leave nothing behind."""
        require_packages()
        # The path of a Unix socket holds 107 bytes, so a long TMPDIR will not do.
        self._directory = Path(tempfile.mkdtemp(prefix="diarkiv-wp-", dir="/tmp"))
        self._site.mkdir()
        (self._directory / "tmp").mkdir()
        self.address = f"127.0.0.1:{_free_port()}"
        self._start_web_server()
        try:
            self._create_files_and_database()
            self._install()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process and remove every file; safe to call twice."""
        running, self._running = self._running, None
        if running is None:
            return
        running.caretaker.communicate(timeout=_READY_WITHIN)
        for process in (running.php, running.database):
            if process is not None:
                process.wait()

    def kill_database(self) -> None:
        """Take the database away as a crash would: no shutdown, the web server still answers."""
        database = self._processes.database
        if database is not None:
            database.kill()
            database.wait()
            self._processes.database = None

    def restart_database(self) -> None:
        """Bring the database back and wait until it has recovered what it had committed."""
        self.kill_database()
        self._start_database()

    def run_php(self, code: str, *, installing: bool = False) -> str:
        """Run PHP inside this WordPress, for what the REST API cannot do. Gives its output."""
        prelude = "define('WP_INSTALLING', true);" if installing else ""
        done = subprocess.run(
            ["php", "-d", "display_errors=stderr"],
            input=f"<?php {prelude} require 'wp-load.php'; {code}",
            cwd=self._site,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"PHP ended with {done.returncode}: {done.stderr or done.stdout}")
        return done.stdout

    def sql(self, statement: str, database: str = "wordpress") -> str:
        """Ask the database itself: the truth no API stands in front of. Gives raw output."""
        done = subprocess.run(
            [
                "mariadb",
                "--no-defaults",
                f"--socket={self._socket}",
                "--user=root",
                "--default-character-set=utf8mb4",
                "--batch",
                "--raw",
                "--skip-column-names",
                *([database] if database else []),
            ],
            input=statement,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"The database said: {done.stderr}")
        return done.stdout

    @property
    def _processes(self) -> _Processes:
        if self._running is None:
            raise RuntimeError("The WordPress server is not running.")
        return self._running

    @property
    def _site(self) -> Path:
        return self._directory / "site"

    @property
    def _socket(self) -> Path:
        return self._directory / "db.sock"

    def _start_web_server(self) -> None:
        """Start PHP before there is a site: that takes the port, and founds the process group."""
        router = self._directory / "router.php"
        router.write_text(_ROUTER)
        php = self._spawn(
            [
                "php",
                *("-d", "upload_max_filesize=64M"),
                *("-d", "post_max_size=64M"),
                *("-d", "display_errors=stderr"),
                *("-d", "opcache.enable_cli=1"),
                *("-S", self.address),
                *("-t", str(self._site)),
                str(router),
            ],
            group=0,
            workers=str(self._workers),
        )
        caretaker = subprocess.Popen(
            ["sh", "-c", _CARETAKER, "caretaker", str(php.pid), str(self._directory)],
            stdin=subprocess.PIPE,
            process_group=0,
        )
        self._running = _Processes(php=php, caretaker=caretaker)

    def _create_files_and_database(self) -> None:
        """Do both at once: together they are most of what a start costs."""
        creation = self._spawn(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--user={getpass.getuser()}",
                f"--datadir={self._directory / 'db'}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            group=self._processes.php.pid,
        )
        self._write_site()
        if creation.wait() != 0:
            raise ServerDidNotStart("The database was not created", self._log(creation))
        self._start_database()

    def _write_site(self) -> None:
        shutil.copytree(_WORDPRESS, self._site, dirs_exist_ok=True)
        content = self._site / "wp-content"
        (content / "mu-plugins").mkdir()
        (content / "mu-plugins" / "tests.php").write_text(_PLUGIN)
        self.uploads.mkdir(exist_ok=True)
        config = _CONFIG.replace("@SOCKET@", str(self._socket)).replace("@URL@", self.url)
        (self._site / "wp-config.php").write_text(config)

    def _start_database(self) -> None:
        """Start MariaDB on its socket only. A commit survives `kill_database`, not a power cut."""
        self._processes.database = self._spawn(
            [
                "mariadbd",
                "--no-defaults",
                f"--user={getpass.getuser()}",
                f"--datadir={self._directory / 'db'}",
                f"--socket={self._socket}",
                "--skip-networking",
                "--skip-log-bin",
                "--innodb-buffer-pool-size=64M",
                "--innodb-flush-log-at-trx-commit=2",
            ],
            group=self._processes.php.pid,
        )
        self._wait_for(self._processes.database, self._database_answers)

    def _install(self) -> None:
        self.sql("CREATE DATABASE wordpress CHARACTER SET utf8mb4", database="")
        passwords = json.loads(self.run_php(_INSTALL, installing=True))
        self.app_password = passwords["harvester"]
        self.admin_password = passwords["administrator"]
        self._wait_for(self._processes.php, self._site_answers)

    def _spawn(
        self, command: list[str], *, group: int, workers: str = ""
    ) -> subprocess.Popen[bytes]:
        """Start a process in the group, writing to a log named after its program.

        The directory for temporary files is its own, since a starting MariaDB deletes those of
        any other MariaDB that happens to share one.
        """
        environment = os.environ | {"TMPDIR": str(self._directory / "tmp")}
        if workers:
            environment["PHP_CLI_SERVER_WORKERS"] = workers
        with (self._directory / f"{command[0]}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=group,
                env=environment,
            )

    def _log(self, process: subprocess.Popen[bytes]) -> Path:
        assert isinstance(process.args, list)
        return self._directory / f"{process.args[0]}.log"

    def _wait_for(self, process: subprocess.Popen[bytes], answers: Callable[[], bool]) -> None:
        """Poll until `answers`, giving up at once when the process has ended."""
        deadline = time.monotonic() + _READY_WITHIN
        while not answers():
            if process.poll() is not None:
                raise ServerDidNotStart(f"It ended with {process.returncode}", self._log(process))
            if time.monotonic() > deadline:
                raise ServerDidNotStart("It never answered", self._log(process))
            time.sleep(0.05)

    def _database_answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0

    def _site_answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/wp-json/", trust_env=False).is_success
        except httpx.TransportError:
            return False


def require_packages() -> None:
    """Raise `ServerNotInstalled` naming everything missing, and the script that installs it."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    missing += [str(path) for path in (_WORDPRESS, _THEME) if not path.is_dir()]
    if "php" not in missing:
        listing = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True)
        loaded = listing.stdout.split()
        missing += [f"PHP's {module}" for module in _PHP_MODULES if module not in loaded]
    if missing:
        raise ServerNotInstalled(missing)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
