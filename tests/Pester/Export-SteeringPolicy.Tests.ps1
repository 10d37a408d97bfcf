BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/web.yaml "version: 1`npolicy: web`nrules:`n  - when: { fraction: 5%, not: { source: 10.0.0.0/8 } }`n    steer: { by: chain, to: [1, 0] }`notherwise: { by: consistent, sticky: { entries: 1000, idle: 2m } }"
    $policy = Import-SteeringPolicy TestDrive:/web.yaml
}

Describe 'Export-SteeringPolicy' {
    It 'writes a file that reads back to the same policy' {
        $policy | Export-SteeringPolicy TestDrive:/copy.yaml
        Import-SteeringPolicy TestDrive:/copy.yaml | Should -Be $policy
    }

    It 'returns the text without a file' {
        $policy | Export-SteeringPolicy | Should -Match '(?m)^  by: consistent$'
    }

    It 'writes several policies under their names' {
        $other = New-SteeringPolicy @{ by = 'hash' } -Name other
        $policy, $other | Export-SteeringPolicy 'TestDrive:/all-{0}.yaml' -PassThru | Should -HaveCount 2
        { $policy, $other | Export-SteeringPolicy TestDrive:/same.yaml -ErrorAction Stop } | Should -Throw -ErrorId 'FileWrittenTwice,*'
    }

    It 'writes nothing with -WhatIf' {
        $policy | Export-SteeringPolicy TestDrive:/never.yaml -WhatIf
        'TestDrive:/never.yaml' | Should -Not -Exist
    }

    It 'overwrites, but not with -NoClobber' {
        Set-Content TestDrive:/kept.yaml 'mine'
        { $policy | Export-SteeringPolicy TestDrive:/kept.yaml -NoClobber -ErrorAction Stop } | Should -Throw -ErrorId 'FileUnwritable,*'
        $policy | Export-SteeringPolicy TestDrive:/kept.yaml
        Get-Content TestDrive:/kept.yaml -Raw | Should -Match 'policy: web'
    }

    It 'refuses what is no policy' {
        { 42 | Export-SteeringPolicy TestDrive:/no.yaml -ErrorAction Stop } | Should -Throw
    }
}
