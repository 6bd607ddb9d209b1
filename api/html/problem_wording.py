"""What a page says when it can't be shown, in Chinese and in English; `api/html/translations.py` puts it among its own."""

from __future__ import annotations

TROUBLES: dict[str, tuple[str, str]] = {
    "invalid-parameter": (
        "网址中有一项无法识别。请更正，或返回后重新选择。",
        "A part of the address can't be read. Correct it, or go back and choose again.",
    ),
    "path-not-canonical": (
        "网址的写法有误。请按下面的提示更正网址。",
        "The address is not spelt as it should be. Correct it as said below.",
    ),
    "address-too-long": ("网址过长。请核对网址。", "The address is too long. Check it."),
    "host-unknown": (
        "不能以这个域名访问本系统。请使用系统的正式网址，或请管理员登记该域名。",
        "This system is not reached by this name. Use its own address, or have an administrator add the name.",
    ),
    "bad-request": ("浏览器的请求无法识别。请重新打开网址。", "The request can't be read. Open the address again."),
    "invalid-header": (
        "登录网关送来的身份信息有误。请联系管理员。",
        "The identity sent by the sign-in gateway can't be read. Tell an administrator.",
    ),
    "role-missing": (
        "登录网关没有说明您的角色。请联系管理员。",
        "The sign-in gateway did not say your role. Tell an administrator.",
    ),
    "not-found": ("这个网址下没有内容。请核对网址。", "Nothing is at this address. Check it."),
    "person-unknown": (
        "法人基础库中没有这个代码，或所查日期时尚未入库。请核对代码，或换一个日期。",
        "The legal-person base does not know this code, or did not on that day. Check it, or choose another day.",
    ),
    "uscc-invalid": (
        "代码有误。请核对统一社会信用代码。",
        "The code is mistyped. Check the unified social credit code.",
    ),
    "behind": ("数据正在更新，请稍候再刷新。", "The data is being brought up to date. Try again in a moment."),
    "busy": ("系统繁忙，请稍候再试。", "The system is busy. Try again in a moment."),
    "database-away": ("暂时连接不到数据库，请稍候再试。", "The database can't be reached. Try again in a moment."),
    "not-ready": ("系统正在启动，请稍候再试。", "The system is starting. Try again in a moment."),
    "unexpected": (
        "系统出现意外问题。请把请求编号告知管理员。",
        "Something unexpected went wrong. Tell the administrator the request id.",
    ),
}
PROBLEM_TABLES = {"trouble": TROUBLES}
