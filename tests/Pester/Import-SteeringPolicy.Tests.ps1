BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'Import-SteeringPolicy' {
    It 'reads a policy' {
        $policy = Import-SteeringPolicy "$PSScriptRoot/../../examples/policies/quickstart.yaml"
        $policy.Name | Should -Be 'quickstart'
        $policy.Rules.Count | Should -BeGreaterThan 0
    }

    It 'resolves wildcards' {
        @(Import-SteeringPolicy "$PSScriptRoot/../../examples/policies/*.yaml").Count | Should -BeGreaterThan 1
    }

    It 'names line, column and key for <case>' -ForEach @(
        @{ case = 'an unknown key'; text = "version: 1`npolicy: x`notherwize: { by: hash }"; line = 3; says = 'otherwize' }
        @{ case = 'a missing default'; text = "version: 1`npolicy: x"; line = 1; says = 'otherwise' }
        @{ case = 'an unknown balancer'; text = "version: 1`npolicy: x`notherwise: { by: magic }"; line = 3; says = 'magic' }
        @{ case = 'a bad prefix'; text = "version: 1`npolicy: x`nrules:`n  - when: { source: 10.0.0.0/33 }`n    reject: true`notherwise: { by: hash }"; line = 4; says = '10.0.0.0/33' }
    ) {
        Set-Content TestDrive:/bad.yaml $text
        $failure = $null
        Import-SteeringPolicy TestDrive:/bad.yaml -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure.Count | Should -BeGreaterThan 0
        $failure[0].ErrorDetails.Message | Should -Match "bad\.yaml:$($line):\d+"
        $failure[0].ErrorDetails.Message | Should -Match ([regex]::Escape($says))
    }

    It 'goes on with the next file after a bad one' {
        Set-Content TestDrive:/1-bad.yaml 'nonsense'
        Set-Content TestDrive:/2-good.yaml "version: 1`npolicy: good`notherwise: { by: hash }"
        (Import-SteeringPolicy TestDrive:/1-bad.yaml, TestDrive:/2-good.yaml -ErrorAction SilentlyContinue).Name | Should -Be 'good'
    }

    It 'reports a file that is not there' {
        { Import-SteeringPolicy TestDrive:/nothing.yaml -ErrorAction Stop } | Should -Throw -ErrorId 'FileNotFound*'
    }
}
