/**
 * What is done to files of another machine, by its own shell. Each script gets a mark to begin its output with, and then:
 *
 * LOOK   absolute paths; tells of each what is there and where it really leads, whether it exists or not
 * READ   a real folder, a name in it, a number of bytes; gives the file
 * WRITE  a real folder, a name in it, a name for what is not finished, the checksum of what stands there or nothing for a
 *        new file, the checksum of what is to stand there; its input is the content
 *
 * A folder is entered first and compared with the path that was judged, and what follows goes through it, wherever its
 * name leads by then. A file has its old content or its new one, whole: what arrived in part has another checksum.
 */

/** Exit codes of the scripts. */
export const END = {
  missing: 41,
  circle: 43,
  changed: 44,
  noFile: 45,
  tooLarge: 46,
  readOnly: 47,
  failed: 48,
} as const;

const BEGIN = `printf "%s\\n" "$1"; shift
`;

/** In the folder of the first argument, if that is where it says. */
const ENTER = `cd "$1" 2>/dev/null || exit ${END.missing}
here=$(pwd -P && echo x)
[ "\${here%?x}" = "$1" ] || exit ${END.changed}
`;

export const LOOK = `${BEGIN}
real() { real=$(cd -P "\${1:-/}" && pwd -P && echo x) || exit ${END.failed}; real=\${real%?x}; }
for path do
kind= tail= links=0
while :; do
while [ "$path" != / ] && [ "$path" != "\${path%/}" ]; do path=\${path%/}; done
name=\${path##*/} folder=\${path%/*}
if [ -d "$path" ]; then
real "$path"; kind=folder; break
elif [ -L "$path" ]; then
links=$((links + 1)); [ $links -le 40 ] || exit ${END.circle}
target=$(readlink "$path" && echo x) || exit ${END.failed}
target=\${target%?x}
case $target in
/*) path=$target;;
*) path=$folder/$target;;
esac
elif [ -e "$path" ]; then
real "$folder"; real=\${real%/}/$name
kind=other; [ ! -f "$path" ] || kind=file
break
else
[ "$name" != .. ] && [ -n "$path" ] || exit ${END.circle}
[ "$name" = . ] || tail=/$name$tail
path=\${folder:-/}
fi
done
if [ -n "$tail" ]; then kind=; real=\${real%/}$tail; fi
printf "%s\\n%s\\000" "$kind" "$real"
done
`;

export const READ = `${BEGIN}${ENTER}
[ ! -L "./$2" ] || exit ${END.changed}
[ -e "./$2" ] || exit ${END.missing}
[ -f "./$2" ] || exit ${END.noFile}
size=$(wc -c <"./$2") || exit ${END.failed}
[ "$size" -le "$3" ] || exit ${END.tooLarge}
exec cat "./$2"
`;

export const WRITE = `${BEGIN}
[ -n "$4" ] || mkdir -p "$1" || exit ${END.failed}
${ENTER}
give_up() { rm -f "./$1"; exit "$2"; }
same() { [ ! -L "./$1" ] && [ "$(cksum <"./$1")" = "$2" ]; }
if [ -n "$4" ]; then
[ -f "./$2" ] || exit ${END.changed}
mode=$(ls -ld "./$2"); mode=\${mode%% *}
case $mode in
*w*) [ -w "./$2" ] || exit ${END.readOnly};;
*) exit ${END.readOnly};;
esac
same "$2" "$4" || exit ${END.changed}
cp -p "./$2" "./$3" || give_up "$3" ${END.failed}
else
[ ! -e "./$2" ] && [ ! -L "./$2" ] || exit ${END.changed}
fi
cat >"./$3" && same "$3" "$5" || give_up "$3" ${END.failed}
if [ -n "$4" ]; then
same "$2" "$4" || give_up "$3" ${END.changed}
mv -f "./$3" "./$2" || give_up "$3" ${END.failed}
elif ln "./$3" "./$2" 2>/dev/null; then
rm -f "./$3"
else
[ ! -e "./$2" ] && [ ! -L "./$2" ] || give_up "$3" ${END.changed}
mv "./$3" "./$2" || give_up "$3" ${END.failed}
fi
`;
