"""An RTSP server of GStreamer, run by the system's Python: it prints its port and serves /still.

/still: a picture in which nothing moves and that has no noise, as H.264. Ends with its standard
input.
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

STILL = (
    "( videotestsrc is-live=true pattern=solid-color foreground-color=0xff607080 "
    "! video/x-raw,width=320,height=240,framerate=15/1 ! x264enc tune=zerolatency bitrate=100 "
    "key-int-max=30 speed-preset=ultrafast ! rtph264pay name=pay0 )"
)


def main() -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(STILL)
    factory.set_shared(True)
    server.get_mount_points().add_factory("/still", factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()


main()
