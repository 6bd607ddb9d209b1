"""Names of the codes of national standards, in Chinese and in English: districts and industries.

Provinces, the capitals of provinces and the districts of the capital have names here; of another district that of its
province is named, with the code. Of industries the sections and divisions are named; a group or class by its division.
"""

from __future__ import annotations

from typing import Literal

Language = Literal["zh", "en"]

PROVINCES: dict[str, tuple[str, str]] = {
    "11": ("北京市", "Beijing"),
    "12": ("天津市", "Tianjin"),
    "13": ("河北省", "Hebei"),
    "14": ("山西省", "Shanxi"),
    "15": ("内蒙古自治区", "Inner Mongolia"),
    "21": ("辽宁省", "Liaoning"),
    "22": ("吉林省", "Jilin"),
    "23": ("黑龙江省", "Heilongjiang"),
    "31": ("上海市", "Shanghai"),
    "32": ("江苏省", "Jiangsu"),
    "33": ("浙江省", "Zhejiang"),
    "34": ("安徽省", "Anhui"),
    "35": ("福建省", "Fujian"),
    "36": ("江西省", "Jiangxi"),
    "37": ("山东省", "Shandong"),
    "41": ("河南省", "Henan"),
    "42": ("湖北省", "Hubei"),
    "43": ("湖南省", "Hunan"),
    "44": ("广东省", "Guangdong"),
    "45": ("广西壮族自治区", "Guangxi"),
    "46": ("海南省", "Hainan"),
    "50": ("重庆市", "Chongqing"),
    "51": ("四川省", "Sichuan"),
    "52": ("贵州省", "Guizhou"),
    "53": ("云南省", "Yunnan"),
    "54": ("西藏自治区", "Tibet"),
    "61": ("陕西省", "Shaanxi"),
    "62": ("甘肃省", "Gansu"),
    "63": ("青海省", "Qinghai"),
    "64": ("宁夏回族自治区", "Ningxia"),
    "65": ("新疆维吾尔自治区", "Xinjiang"),
    "71": ("台湾省", "Taiwan"),
    "81": ("香港特别行政区", "Hong Kong"),
    "82": ("澳门特别行政区", "Macao"),
}
DISTRICTS: dict[str, tuple[str, str]] = {
    "110101": ("东城区", "Dongcheng"),
    "110102": ("西城区", "Xicheng"),
    "110105": ("朝阳区", "Chaoyang"),
    "110106": ("丰台区", "Fengtai"),
    "110107": ("石景山区", "Shijingshan"),
    "110108": ("海淀区", "Haidian"),
    "110109": ("门头沟区", "Mentougou"),
    "110111": ("房山区", "Fangshan"),
    "110112": ("通州区", "Tongzhou"),
    "110113": ("顺义区", "Shunyi"),
    "110114": ("昌平区", "Changping"),
    "110115": ("大兴区", "Daxing"),
    "110116": ("怀柔区", "Huairou"),
    "110117": ("平谷区", "Pinggu"),
    "110118": ("密云区", "Miyun"),
    "110119": ("延庆区", "Yanqing"),
    "130100": ("石家庄市", "Shijiazhuang"),
    "140100": ("太原市", "Taiyuan"),
    "150100": ("呼和浩特市", "Hohhot"),
    "210100": ("沈阳市", "Shenyang"),
    "220100": ("长春市", "Changchun"),
    "230100": ("哈尔滨市", "Harbin"),
    "320100": ("南京市", "Nanjing"),
    "330100": ("杭州市", "Hangzhou"),
    "340100": ("合肥市", "Hefei"),
    "350100": ("福州市", "Fuzhou"),
    "360100": ("南昌市", "Nanchang"),
    "370100": ("济南市", "Jinan"),
    "410100": ("郑州市", "Zhengzhou"),
    "420100": ("武汉市", "Wuhan"),
    "430100": ("长沙市", "Changsha"),
    "440100": ("广州市", "Guangzhou"),
    "450100": ("南宁市", "Nanning"),
    "460100": ("海口市", "Haikou"),
    "510100": ("成都市", "Chengdu"),
    "520100": ("贵阳市", "Guiyang"),
    "530100": ("昆明市", "Kunming"),
    "540100": ("拉萨市", "Lhasa"),
    "610100": ("西安市", "Xi'an"),
    "620100": ("兰州市", "Lanzhou"),
    "630100": ("西宁市", "Xining"),
    "640100": ("银川市", "Yinchuan"),
    "650100": ("乌鲁木齐市", "Urumqi"),
}
SECTIONS: dict[str, tuple[str, str]] = {
    "A": ("农、林、牧、渔业", "Agriculture, forestry and fishing"),
    "B": ("采矿业", "Mining"),
    "C": ("制造业", "Manufacturing"),
    "D": ("电力、热力、燃气及水生产和供应业", "Electricity, heat, gas and water supply"),
    "E": ("建筑业", "Construction"),
    "F": ("批发和零售业", "Wholesale and retail trade"),
    "G": ("交通运输、仓储和邮政业", "Transport, storage and post"),
    "H": ("住宿和餐饮业", "Accommodation and catering"),
    "I": ("信息传输、软件和信息技术服务业", "Information transmission, software and IT services"),
    "J": ("金融业", "Finance"),
    "K": ("房地产业", "Real estate"),
    "L": ("租赁和商务服务业", "Leasing and business services"),
    "M": ("科学研究和技术服务业", "Scientific research and technical services"),
    "N": ("水利、环境和公共设施管理业", "Water, environment and public facilities"),
    "O": ("居民服务、修理和其他服务业", "Resident services, repair and other services"),
    "P": ("教育", "Education"),
    "Q": ("卫生和社会工作", "Health and social work"),
    "R": ("文化、体育和娱乐业", "Culture, sports and entertainment"),
    "S": ("公共管理、社会保障和社会组织", "Public administration, social security and organisations"),
    "T": ("国际组织", "International organisations"),
}
DIVISIONS: dict[str, tuple[str, str]] = {
    "13": ("农副食品加工业", "Processing of agricultural food"),
    "14": ("食品制造业", "Food"),
    "15": ("酒、饮料和精制茶制造业", "Beverages and tea"),
    "16": ("烟草制品业", "Tobacco"),
    "17": ("纺织业", "Textiles"),
    "18": ("纺织服装、服饰业", "Clothing"),
    "19": ("皮革、毛皮、羽毛及其制品和制鞋业", "Leather, fur, feathers and footwear"),
    "20": ("木材加工和木、竹、藤、棕、草制品业", "Wood, bamboo, rattan, palm and straw products"),
    "21": ("家具制造业", "Furniture"),
    "22": ("造纸和纸制品业", "Paper"),
    "23": ("印刷和记录媒介复制业", "Printing and reproduction of media"),
    "24": ("文教、工美、体育和娱乐用品制造业", "Articles for education, crafts, sports and entertainment"),
    "25": ("石油、煤炭及其他燃料加工业", "Petroleum, coal and other fuels"),
    "26": ("化学原料和化学制品制造业", "Chemicals"),
    "27": ("医药制造业", "Pharmaceuticals"),
    "28": ("化学纤维制造业", "Chemical fibres"),
    "29": ("橡胶和塑料制品业", "Rubber and plastics"),
    "30": ("非金属矿物制品业", "Non-metallic mineral products"),
    "31": ("黑色金属冶炼和压延加工业", "Ferrous metals"),
    "32": ("有色金属冶炼和压延加工业", "Non-ferrous metals"),
    "33": ("金属制品业", "Metal products"),
    "34": ("通用设备制造业", "General machinery"),
    "35": ("专用设备制造业", "Special machinery"),
    "36": ("汽车制造业", "Motor vehicles"),
    "37": ("铁路、船舶、航空航天和其他运输设备制造业", "Railway, ship, aerospace and other transport equipment"),
    "38": ("电气机械和器材制造业", "Electrical machinery"),
    "39": ("计算机、通信和其他电子设备制造业", "Computers, communication and other electronic equipment"),
    "40": ("仪器仪表制造业", "Instruments"),
    "41": ("其他制造业", "Other manufacturing"),
    "42": ("废弃资源综合利用业", "Use of waste resources"),
    "43": ("金属制品、机械和设备修理业", "Repair of metal products, machinery and equipment"),
    "63": ("电信、广播电视和卫星传输服务", "Telecommunications, broadcasting and satellite transmission"),
    "64": ("互联网和相关服务", "Internet services"),
    "65": ("软件和信息技术服务业", "Software and IT services"),
    "73": ("研究和试验发展", "Research and experimental development"),
    "74": ("专业技术服务业", "Professional technical services"),
    "75": ("科技推广和应用服务业", "Promotion and application of technology"),
}
STANDARD: tuple[str, str] = ("国标行业", "GB/T 4754")


def district_named(code: str, language: Language) -> str:
    """What the district *code* (GB/T 2260) is called: 北京市大兴区（110115）; another one by its province."""
    nth = int(language == "en")
    province, district = PROVINCES.get(code[:2]), DISTRICTS.get(code)
    if province is None:
        return code
    names = [province[nth], *([district[nth]] if district else [])]
    return f"{''.join(names)}（{code}）" if language == "zh" else f"{', '.join(reversed(names))} ({code})"


def industry_named(code: str, language: Language) -> str:
    """What the industry *code* (GB/T 4754) is called: 化学原料和化学制品制造业（国标行业 C2651）."""
    nth = int(language == "en")
    named = (DIVISIONS.get(code[1:3]) if len(code) > 1 else None) or SECTIONS.get(code[:1])
    if named is None:
        return code
    brackets = f"（{STANDARD[nth]} {code}）" if language == "zh" else f" ({STANDARD[nth]} {code})"
    return named[nth] + brackets
