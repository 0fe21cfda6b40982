"""The npm packages of the emoji corpus; it imports nothing, so that planning a study is fast."""

LABELS = "emojibase"
# npm packages, with the SHA-512 of the archive that `npm pack` writes under the file's name.
PACKAGES = {
    LABELS: {
        "npm": "emojibase-data@17.0.0",
        "file": "emojibase-data-17.0.0.tgz",
        "hash": "sha512:62f81be405a81d588757f82ad6aaf96406ab7018a9f81dbbfd92d1b142646e00"
        "0468b959fdfa1ff60f3cd8b4e9984a728413440b49b6484988b658c7b13ca08c",
    },
    "noto": {
        "npm": "@iconify-json/noto@1.2.9",
        "file": "iconify-json-noto-1.2.9.tgz",
        "hash": "sha512:0d08ae5c435bba7e35721f973d2579e47f456962a91d3cb3e3a6082ad49a2980"
        "f87c80c3ccbd6d47a1f89e9fd3dfc8dfad301e237adc285d26a8761e65502e6b",
    },
    "twemoji": {
        "npm": "@iconify-json/twemoji@1.2.5",
        "file": "iconify-json-twemoji-1.2.5.tgz",
        "hash": "sha512:b8aa6e204574bfa2b9056dcc8ddca5f972855406db70fc408227cabc432d6685"
        "19079f98898e7368c9b6b8d342c725f301653dc8d2e58f8d5653afe6be000bb3",
    },
    "openmoji": {
        "npm": "@iconify-json/openmoji@1.2.29",
        "file": "iconify-json-openmoji-1.2.29.tgz",
        "hash": "sha512:bd776192a7175523bab2ecbe9bd2db71433739d572b8d3ada55f3f6a5b3f5aa7"
        "e44084717af2f919e6ff83ee861ff4309ead4eaa4b0499a0c64c2999e6714a25",
    },
    "fluent-emoji-flat": {
        "npm": "@iconify-json/fluent-emoji-flat@1.2.6",
        "file": "iconify-json-fluent-emoji-flat-1.2.6.tgz",
        "hash": "sha512:458e3b4603dbe3b7d8522cab03ae2c20e2f4f94534dacdbdb17a4d05b2104415"
        "253e57cd1532949990c4446bb10ecffbc8d196a9062fb9a4983353387d15e553",
    },
}
