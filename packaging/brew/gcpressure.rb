# The formula of a Homebrew tap. packaging/sums.sh fills in the version and the sums of a release; a checkout has none.
class Gcpressure < Formula
  desc "Judges the garbage collection of a Go program from what gctrace prints"
  homepage "https://github.com/gcpressure/gcpressure"
  version "0.0.0"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "https://github.com/gcpressure/gcpressure/releases/download/v#{version}/gcpressure-v#{version}-aarch64-apple-darwin.tar.gz"
      sha256 "0000000000000000000000000000000000000000000000000000000000000000"
    end
    on_intel do
      url "https://github.com/gcpressure/gcpressure/releases/download/v#{version}/gcpressure-v#{version}-x86_64-apple-darwin.tar.gz"
      sha256 "0000000000000000000000000000000000000000000000000000000000000000"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/gcpressure/gcpressure/releases/download/v#{version}/gcpressure-v#{version}-aarch64-unknown-linux-musl.tar.gz"
      sha256 "0000000000000000000000000000000000000000000000000000000000000000"
    end
    on_intel do
      url "https://github.com/gcpressure/gcpressure/releases/download/v#{version}/gcpressure-v#{version}-x86_64-unknown-linux-musl.tar.gz"
      sha256 "0000000000000000000000000000000000000000000000000000000000000000"
    end
  end

  def install
    bin.install "gcpressure"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/gcpressure.bash" => "gcpressure"
    fish_completion.install "completions/gcpressure.fish"
    zsh_completion.install "completions/gcpressure.zsh" => "_gcpressure"
    doc.install "README.md", "THIRD-PARTY.txt"
  end

  test do
    (testpath/"gc.log").write <<~LOG
      gc 1 @0.010s 1%: 0.010+0.20+0.005 ms clock, 0.040+0.10/0.15/0.20+0.020 ms cpu, 4->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 4 P
    LOG
    assert_match "1 GC cycle", shell_output("#{bin}/gcpressure gc.log")
  end
end
