"""Addresses of cameras with a password in every place where people put one."""

from __future__ import annotations

FORMS = (
    "rtsp://admin:{}@10.0.0.2/live",
    "rtsp://admin:{}@10.0.0.2:554/live?channel=1",
    "rtsp://admin:{}@cam.lab:554/live",
    "rtsp://{}@cam.lab/live",
    "rtsp://{}:x@cam.lab/live",
    "RTSP://admin:{}@CAM.LAB/live",
    "rtsp://admin:{}@[2001:db8::2]/live",
    "rtsp://cam.lab/user=admin_password={}_channel=1_stream=0.sdp",
    "rtsp://10.0.0.2:554/user=admin&password={}&channel=1",
    "rtsp://10.0.0.2/live/{}/1",
    "http://10.0.0.2/video.cgi?user=admin&pwd={}",
    "http://10.0.0.2/video.cgi#pwd={}",
    "http://admin:x@10.0.0.2/live?pwd={}",
    "rtsp:/admin:{}@10.0.0.2/live",
    "rtsp//admin:{}@10.0.0.2/live",
    "rtsp:admin:{}@10.0.0.2",
    "rtsp:admin:{}",
    "rtps://admin:{}@10.0.0.2/live",
    "rtsp:\\\\admin:{}@10.0.0.2",
    "rtsp;//admin:{}@10.0.0.2",
    "rtsp:///admin:{}@10.0.0.2",
    "rtsp://admin:{}/10.0.0.2/live",
    "rtsp://admin:{}",
    "admin:{}@10.0.0.2/live",
    " rtsp://admin:{}@10.0.0.2/live ",
    "~admin:{}@10.0.0.2",
)
"""Where the braces are, there is the password."""
