BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $examples = "$PSScriptRoot/../../examples/scenarios"
    Set-Content TestDrive:/two.yaml @'
version: 1
scenario: two
matrix: { protocol: [udp, tcp] }
steps:
  - open: { socket: [a, b], at: "$(protocol) 127.0.0.1:5000" }
  - open: { socket: c, at: "$(protocol) 127.0.0.1:5000", reuseport: false }
    errno: EADDRINUSE
  - flows: { to: "$(protocol) 127.0.0.1:5000", count: 10, arrive: [a, b] }
'@
    Set-Content TestDrive:/wrong.yaml @'
version: 1
steps:
  - open: { socket: a, at: "udp 127.0.0.1:5000" }
  - flows: { to: "udp 127.0.0.1:5000", count: 2, arrive: refused }
  - open: { socket: b, at: "udp 127.0.0.1:5000", reuseport: false }
  - close: a
'@
    Set-Content TestDrive:/broken.yaml "version: 1`nsteps:`n  - opne: { socket: a }"
}

Describe 'Invoke-ReuseportScenario' {
    It 'passes the example <_>' -ForEach 'bind-conflict', 'canary', 'rolling-restart' {
        $cases = Invoke-ReuseportScenario "$examples/$_.yaml" -Summary
        $cases.Outcome | Should -Not -Contain 'Failed'
    }
    It 'runs every step of every case' {
        $results = Invoke-ReuseportScenario TestDrive:/two.yaml
        $results.Count | Should -Be 6
        $results[0].Case | Should -Be 'protocol=udp'
        $results[4].Expected | Should -Be 'EADDRINUSE'
        $results[4].Errno | Should -Be 'EADDRINUSE'
        $results[4].Line | Should -Be 6
        $results.Passed | Should -Not -Contain $false
    }
    It 'says what was expected and what came' {
        $results = Invoke-ReuseportScenario TestDrive:/wrong.yaml -WarningAction SilentlyContinue
        $results[1].Result | Should -Be 'FAILED'
        $results[1].Expected | Should -Be 'refused 2'
        $results[1].Actual | Should -Be 'a 2'
        $results[2].Errno | Should -Be 'EADDRINUSE'
        $results[3].Result | Should -Be 'skipped'
    }
    It 'counts failures in a warning' {
        Invoke-ReuseportScenario TestDrive:/wrong.yaml -WarningAction SilentlyContinue -WarningVariable warned | Should -HaveCount 4
        "$warned" | Should -BeLike '*2 of 4 steps FAILED*'
    }
    It 'gives the same results for the same seed' {
        $first = Invoke-ReuseportScenario "$examples/canary.yaml" -Seed 7
        $second = Invoke-ReuseportScenario "$examples/canary.yaml" -Seed 7
        "$($first.Actual)" | Should -BeExactly "$($second.Actual)"
    }
    It 'names place and remedy of a mistake' {
        { Invoke-ReuseportScenario TestDrive:/broken.yaml -ErrorAction Stop } | Should -Throw -ErrorId 'ScenarioInvalid,*'
    }
    It 'refuses a seed for the kernel' {
        { Invoke-ReuseportScenario TestDrive:/two.yaml -Backend Linux -Seed 1 } | Should -Throw -ErrorId 'SeedNeedsSimulator,*'
    }
}
