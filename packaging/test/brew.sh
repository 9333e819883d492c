#!/usr/bin/env bash
# packaging/test/brew.sh ARCHIVE: fills the sums of an archive for Linux into the formula and installs it as Homebrew would, with stand-ins for
# the few words of Homebrew's language that it uses. Needs ruby.
set -euo pipefail
archive=$(realpath "${1:?packaging/test/brew.sh: ARCHIVE is missing}")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
# Under the name of the static archive, whatever it was built for.
name=gcpressure-v$version-x86_64-unknown-linux-musl.tar.gz
cp "$archive" "$work/$name"
(cd "$work" && sha256sum "$name" >"$name.sha256")
packaging/sums.sh --partial "$version" "$work" "$work"
tar -xzf "$archive" -C "$work"
ruby - "$work" "$work/$name" "$work/$(basename "$archive" .tar.gz)" <<'RUBY'
require "digest"
require "fileutils"
require "pathname"

WORK, ARCHIVE, UNPACKED = ARGV

class Pathname
  # Files by name, lists of them, or a file and its new name.
  def install(*files)
    mkpath
    files.flatten.each do |file|
      (file.is_a?(Hash) ? file : { file => File.basename(file) }).each { |from, to| FileUtils.cp(from, self/to) }
    end
  end
end

class Formula
  class << self
    attr_reader :found, :trial
    def desc(text) = (text.length <= 80 or abort "desc: #{text.length} characters")
    def homepage(_) = nil
    def license(_) = nil
    def version(text = nil) = text ? @version = text : @version
    def on_macos = nil
    def on_linux = yield
    def on_arm = nil
    def on_intel = yield
    def url(text) = (@found ||= []) << text
    def sha256(text) = @found << text
    def test(&block) = @trial = block
  end
  { bin: "bin", man1: "share/man/man1", bash_completion: "etc/bash_completion.d", fish_completion: "share/fish/vendor_completions.d",
    zsh_completion: "share/zsh/site-functions", doc: "share/doc/gcpressure", testpath: "." }.each do |name, path|
    define_method(name) { Pathname(WORK)/"brew"/path }
  end
  def shell_output(command) = `#{command}`.tap { $?.success? or abort "FAIL: #{command}" }
  def assert_match(part, text) = text.include?(part) || abort("FAIL: no #{part} in #{text}")
end

load "#{WORK}/gcpressure.rb"
url, sum = Gcpressure.found
File.basename(url) == File.basename(ARCHIVE) or abort "FAIL: #{url}"
sum == Digest::SHA256.file(ARCHIVE).hexdigest or abort "FAIL: the sum #{sum}"
formula = Gcpressure.new
Dir.chdir(UNPACKED) { formula.install }
Dir.chdir("#{WORK}/brew") { formula.instance_eval(&Gcpressure.trial) }
RUBY
echo "ok: formula: installed, its test passes"
